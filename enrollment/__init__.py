"""People: photographs become templates; rosters, timetables, consent, erasure."""
