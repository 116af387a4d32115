"""What students contest and ask beforehand, what people answer, and a student's own page."""
