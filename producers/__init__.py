"""Whatever puts events in: cameras, the simulated hall, marks and roll calls."""
