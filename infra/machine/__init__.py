"""What runs on this machine: the broker, the process manager and its workers; and how far each of them is."""
