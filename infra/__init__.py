"""Starts and wires the parts."""
