"""How keys of tables stand in a changelog; apart from ``row_store``, for who only writes one."""

import json

__all__ = ["row_key"]


def row_key(key: str) -> bytes:
    """Return a key as Faust writes it into the changelog: JSON, in ASCII."""
    return json.dumps(key).encode()
