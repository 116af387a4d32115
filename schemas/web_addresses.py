"""Addresses of the web, and whether what goes there can be read on the way."""

from urllib.parse import urlsplit

__all__ = ["LOOPBACK", "is_safe", "is_site"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine for itself."""


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is asked there: https, or http on this machine."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        found = urlsplit(address)
        host, _ = found.hostname, found.port
    except ValueError:
        return False
    if not host or "@" in found.netloc or "#" in address:
        return False
    return found.scheme == "https" or (found.scheme == "http" and host in LOOPBACK)


def is_site(address: str) -> bool:
    """Whether it is a safe address of a whole site: scheme, host and port, nothing behind them."""
    return is_safe(address) and "?" not in address and urlsplit(address).path in ("", "/")
