"""What a decoder raises of bytes that somebody else made, whatever they are."""

from typing import Final

import msgspec

__all__ = ["UNREADABLE"]

UNREADABLE: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""Of JSON, MessagePack and TOML alike: bytes nested too deeply for the reader, or numbers too long for it, are no less
malformed than a missing bracket. UnicodeError and a TOML reader's own error are ValueErrors."""
