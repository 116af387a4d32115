"""Replays: started, watched, compared, evaluated."""
