"""The desk: pages in a browser for those who teach, attend and look after attendance. A file a page.

server      starts it; app puts pages, sessions and headers together
site        what all requests share: the live halls, the calendar, the accounts
texts       the two languages
today, hall, decide, why, roll_call, kiosk, sign_in   the pages
hall_board  what the page of a hall shows, as a function of what is known of it; hall_events streams its changes
"""
