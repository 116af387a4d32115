"""Who may do what: accounts, sessions, rights, and what is put on record of them."""
