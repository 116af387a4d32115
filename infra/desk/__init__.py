"""The desk: pages in a browser for those who teach, attend and look after attendance. A file a page.

web_server  starts it; app puts pages, sessions and headers together
site        what all requests share: the live halls, the calendar, the audit; visitor: who asks
languages   which of the two
today, class_hour, decide, why, roll_call, kiosk_page, audit_page, entrance, openid_page   the pages
hall_board  what the page of a hall shows, as a function of what is known of it; hall_events streams its changes
"""
