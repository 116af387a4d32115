"""The command ``naul``: a file a command.

What a command asks is imported where it is asked, inside its function: kafka, numpy and the engines take up to two
seconds of a processor, and help, completion and mistyped options want none of them (``tests/unit/infra/cli``).
"""
