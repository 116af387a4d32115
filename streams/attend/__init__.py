"""Observations and marks become attendance and presence. The facts are rows of one table; time is an event."""
