"""People: enrolled, checked, told apart."""
