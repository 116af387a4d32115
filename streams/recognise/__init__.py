"""Frames become observations. It keeps no state; more workers mean more frames a second."""
