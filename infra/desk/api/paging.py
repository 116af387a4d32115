"""Pages of a list by cursors. Pure: no request.

A cursor names the last item that was shown, so nothing is missed or shown twice while items are added.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from infra.desk.api.problems import ProblemError
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = ["DEFAULT", "MOST", "ApiPage", "PageQuery", "cursor_of", "key_of", "page_of", "paged", "row_page"]

DEFAULT, MOST = 100, 500
"""Items of a page."""

T = TypeVar("T")

Key = tuple[str | int | float, ...]


class ApiPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list. next: the cursor of the rest; null: this was all of it."""

    items: tuple[T, ...]
    next: str | None


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list. limit: items at most. cursor: what ``next`` of the page before said."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = DEFAULT
    cursor: Annotated[str, msgspec.Meta(max_length=1000)] = ""


def cursor_of(of: str, key: Sequence[Any]) -> str:
    """Return the cursor behind an item. of: the list that was asked for. key: of the item."""
    text = msgspec.json.encode([_name(of), [*key]])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def key_of(of: str, cursor: str, kind: Any) -> Any:
    """Return the key that a cursor names. kind: the type of such keys, a tuple.

    Raises:
        ProblemError: it is no cursor of ours, or of another list.
    """
    try:
        text = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        name, key = msgspec.json.decode(text, type=tuple[str, Any])
        if name == _name(of):
            return msgspec.convert(key, kind)
    except UNREADABLE:
        pass
    raise ProblemError(
        422,
        "cursor",
        Text("cursor is none of this list."),
        Text("Take `next` of the page before, with the same parameters; or leave it out."),
    )


def page_of(items: Sequence[T], limit: int, name: Callable[[T], str]) -> ApiPage[T]:
    """Return the first of some items as a page; one more than ``limit`` says that there are more."""
    shown = tuple(items[:limit])
    return ApiPage(items=shown, next=name(shown[-1]) if len(items) > limit else None)


def paged(items: Iterable[T], asked: PageQuery, of: str, key: Callable[[T], Key], kind: Any) -> ApiPage[T]:
    """Return the part of a list that is asked for. key: of an item, unique; the list is sorted by it.

    Raises:
        ProblemError: as ``key_of``.
    """
    after = key_of(of, asked.cursor, kind) if asked.cursor else None
    rest = sorted((each for each in items if after is None or key(each) > after), key=key)
    return page_of(rest, asked.limit, lambda last: cursor_of(of, key(last)))


def row_page(rows: Sequence[T], asked: PageQuery, of: str) -> ApiPage[T]:
    """Return the part of an answer whose order is its own. A cursor names the last row that was shown by its content.

    Raises:
        ProblemError: as ``key_of``; or the row is in the answer no more.
    """
    start = 0
    if asked.cursor:
        [wanted] = key_of(of, asked.cursor, tuple[str])
        found = next((place for place, row in enumerate(rows) if _digest(row) == wanted), None)
        if found is None:
            raise ProblemError(
                410, "cursor-gone", Text("The row that the cursor names has changed."), Text("Begin again without it.")
            )
        start = found + 1
    return page_of(rows[start : start + asked.limit + 1], asked.limit, lambda last: cursor_of(of, [_digest(last)]))


def _name(of: str) -> str:
    return sha256(of.encode("utf-8", "replace")).hexdigest()[:12]


def _digest(row: Any) -> str:
    return sha256(msgspec.json.encode(row)).hexdigest()[:32]
