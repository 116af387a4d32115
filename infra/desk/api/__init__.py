"""The API of the desk for programs, ``/api/v1``: a file a resource; like a page each asks operations (ADR 40)."""
