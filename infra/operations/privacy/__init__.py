"""What is forgotten, and the key under which it was kept."""
