"""Frames: sent, followed, exported; recordings, before they are sent."""
