"""Addresses of cameras: what may be shown of them, and whom they mean."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote

__all__ = ["CameraAddress", "is_address", "masked", "read_address", "without_secrets"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/+|[a-z][a-z0-9+.-]*(?=\ue000)", re.IGNORECASE)
_SECRET = re.compile(r"(?<=[?#]).+|(?<=/)[^/?#]*=[^/?#]*")
"""Of what follows the host: a query, or a part of the path like ``user=lena&password=s3cret``."""

_PATH = re.compile(r"(?<=://)([^/?#]*/).+", re.DOTALL)
_NEXT = re.compile(r"(?<=[\s'\"(])[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)
_WORD = re.compile(r"[^\s'\"]*")
_USER = re.compile(r"[^\s'\"=:]+:(?!/)[^\s'\"]+@(?=[^\s'\"])")
"""``user:password@host`` of which somebody forgot the scheme. An engine's id has an ``@`` too, and no colon."""
_PERHAPS_SECRET = re.compile(r":/|:.*@|\?.*=", re.DOTALL)
_DONE = "\ue000"
_HARMLESS = {"://***@": _DONE, "USER:PASSWORD@": "\ue001", "사용자:암호@": "\ue002", "://host:port": "\ue003"}
"""What stands in our own texts and hides nobody, and a sign for each that nobody types."""


class CameraAddress(NamedTuple):
    """An address of a camera, read. port: None if none is said. rest: path and query, with their ``/`` or ``?``."""

    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    rest: str

    @property
    def where(self) -> str:
        """The address without user and password."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}{port}{self.rest}"

    @property
    def url(self) -> str:
        """The address as a decoder wants it: nothing in user and password can be taken for a part of the address."""
        if not (self.user or self.password):
            return self.where
        return self.where.replace("://", f"://{quote(self.user, safe='')}:{quote(self.password, safe='')}@", 1)


def is_address(text: str) -> bool:
    """Say whether a source is an address and no file."""
    return "://" in text


def masked(address: str) -> str:
    """Return what may be shown of a camera's address: ``rtsp://***@host:554/***``. Many a path is a key by itself."""
    return _PATH.sub(r"\1***", _without_login(address))


def _without_login(address: str) -> str:
    """Return an address without what is surely secret: all before the last ``@``, and every parameter.

    ``rtsp://***@host:554/path?***``; one that can be read in several ways, or in none, is not shown at all.
    """
    scheme, mark, after = address.partition("://")
    if not mark or not _SCHEME.fullmatch(f"{scheme}:/"):  # perhaps mistyped
        begun = _SCHEME.match(address)
        hidden = re.sub(".*@", f"{begun[0] if begun else ''}***@", address, flags=re.DOTALL)
        return re.sub(r"(?<=\?).*=.*", "***", hidden, flags=re.DOTALL)
    if re.search("[/?#].*=.*@", after, re.DOTALL):  # perhaps an @ in a parameter
        return f"{scheme}://***"
    try:
        read = read_address(address)
    except ValueError:
        before, at, behind = after.rpartition("@")
        if at and not set(before) & set("/?#"):  # it can only end a password
            return f"{scheme}://***@{_SECRET.sub('***', behind)}"
        return f"{scheme}://***" if after else address
    if "@" in read.rest:
        return f"{scheme}://***"
    shown = read._replace(rest=_SECRET.sub("***", read.rest)).where
    return shown.replace("://", "://***@", 1) if "@" in after else shown


def without_secrets(text: str, typed: Iterable[str] = ()) -> str:
    """Return a text in which no address has a login or a query; when in doubt, too much is hidden.

    typed: words that somebody gave and that may stand in the text: of these it is known where they end, and
    no path is shown.
    """
    for word in sorted(filter(_PERHAPS_SECRET.search, typed), key=len, reverse=True):
        text = text.replace(word, masked(word)).replace(repr(word)[1:-1], masked(word))
    for harmless, shield in _HARMLESS.items():
        text = text.replace(harmless, shield)
    text = _USER.sub("***@", "\n".join(map(_masked_line, text.split("\n"))))
    for harmless, shield in _HARMLESS.items():
        text = text.replace(shield, harmless)
    return text


def _masked_line(line: str) -> str:
    """Return a line with the addresses in it masked. A password may hold spaces and quotes."""
    shown, done = "", 0
    while found := _SCHEME.search(line, done):
        begin, host = found.span()
        nexts = [each.start() for each in _NEXT.finditer(line, host)]
        # Before another address this one ends, unless the one @ of both may be its own.
        end = next((each for each in nexts if {"@", _DONE} & {*line[host:each]} or "@" not in line[each:]), len(line))
        behind = max(host, line.rfind("@", host, end) + 1)
        stop = _WORD.search(line, behind, end).end()  # type: ignore[union-attr]  # it matches nothing, too
        closing = ")" if line[:begin].endswith("(") else ""
        address = line[begin:stop].rstrip(f".,:;{closing}") if stop > host else line[begin:stop]
        shown += line[done:begin] + _masked_address(address)
        done = begin + len(address)
    return shown + line[done:]


def _masked_address(text: str) -> str:
    """Return one address of a text; what was masked before, and our own examples, stay as they are."""
    if _DONE in text:
        scheme, mark, rest = text.partition(_DONE)
        return scheme + mark + ("***" if "@" in rest else _SECRET.sub("***", rest))
    shielded = any(each in text for each in _HARMLESS.values())
    return text if shielded or not ("://" in text or "@" in text) else _without_login(text)


def read_address(text: str) -> CameraAddress:
    """Read an address as whoever wrote it meant it: a password may hold ``/``, ``@``, ``:``, ``?`` and ``#``.

    Raises:
        ValueError: it has no host, or a port that is none.
    """
    scheme, _, after = text.strip().partition("://")
    standard, last = _host_of(after).rfind("@") + 1, after.rfind("@") + 1
    meant = _host_of(after[last:])
    at = last if _surely_host(meant) and not _surely_host(_host_of(after[standard:])) else standard
    try:
        host, port = _host_and_port(_host_of(after[at:]))
    except ValueError:
        at = last
        host, port = _host_and_port(meant)
    user, _, password = after[: max(at - 1, 0)].partition(":")
    rest = after[at:].removeprefix(_host_of(after[at:]))
    return CameraAddress(scheme.lower(), unquote(user), unquote(password), host, port, rest)


def _host_of(text: str) -> str:
    """Return what stands before the path."""
    return re.split("[/?#]", text, maxsplit=1)[0]


def _host_and_port(text: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(?:\[([^\[\]]+)\]|([^:@\[\]\s]+))(?::(\d{1,5}))?", text)
    if not found or int(found[3] or 0) > 65535:
        raise ValueError("no host")
    return found[1] or found[2], int(found[3]) if found[3] else None


def _surely_host(text: str) -> bool:
    """Say whether this is a number or a name of the internet, and no piece of a password."""
    try:
        host, _ = _host_and_port(text)
    except ValueError:
        return False
    try:
        ip_address(host)
    except ValueError:
        return "." in host.strip(".") or host.lower() == "localhost"
    return True
