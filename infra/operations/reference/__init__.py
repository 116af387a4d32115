"""Timetable and rosters: loaded, and held against what a site knows."""
