"""Replays beside what is live: keeping, comparing, judging.

store       runs in the tables of the store
rows        a run as it is compared; truth is what is known of the same students
compare     two runs: what differs, for whom, and whether that says anything
evaluate    a run and the truth: what is right
statistics  shares and errors that say how far they can be trusted
render      both as tables, CSV, JSON; page as one file for a browser
"""
