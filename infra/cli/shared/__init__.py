"""What several commands share for asking and showing; a file beside this folder is a command."""
