"""Class hours as they are: live, from the timetable, in the register; one verdict explained, decided and marked."""
