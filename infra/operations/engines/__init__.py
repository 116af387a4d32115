"""Engines: offered, installed, checked, calibrated, chosen."""
