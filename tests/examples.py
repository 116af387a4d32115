"""The golden examples of messages, whatever version they are of by now."""

from pathlib import Path

__all__ = ["example"]

EXAMPLES = Path(__file__).parents[1] / "schemas" / "examples"


def example(name: str) -> bytes:
    """Return the example of a message, e.g. ``observation``, as it stands on the wire."""
    (file,) = EXAMPLES.glob(f"{name}.v*.json")
    return file.read_bytes()
