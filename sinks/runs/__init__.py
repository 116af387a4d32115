"""Replays beside what is live: keeping, comparing, judging.

store       runs in the tables of the store
rows        a run as it is compared; truth is what is known of the same students
compare     two runs: what differs, for whom, and whether that says anything
evaluate    a run and the truth: what is right; detection: at every bound of p; calibration: how sure, how right
seen_places where students were seen, and who was taken for whom; sightings reads what that takes from the store
statistics  shares and errors that say how far they can be trusted
render      both for people, spreadsheets, programs: comparison_report and evaluation_report are the words and tables
page        both as one file for a browser, with plots
"""
