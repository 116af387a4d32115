"""What holds as of now: timetable, rosters, templates, camera profiles, and which engine is live when."""
