"""What was put aside, and rows of a worker's state that cannot be read."""
