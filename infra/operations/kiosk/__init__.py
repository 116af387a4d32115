"""The kiosk at the door: whoever stands before it marks himself."""
