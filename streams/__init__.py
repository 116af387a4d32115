"""What decides: frames become sightings (``recognise``), sightings become attendance (``attend``)."""
