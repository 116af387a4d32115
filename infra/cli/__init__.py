"""The command ``naul``: a file a command."""
