"""What takes events out: the store and its reports."""
