"""Asking a camera over the network what it has at an address, or why it gives no picture.

A decoder only says that it got none. HTTP and RTSP answer with a status, and a connection says why there is none.
"""

import base64
import re
import socket
from typing import Any, Final, NamedTuple, TypeAlias

from producers.addresses import CameraAddress

__all__ = ["PATIENCE", "CameraAnswer", "NoPictureError", "Snapshots", "ask", "is_web"]

PATIENCE: Final = 5.0
"""Seconds that a camera may take to accept a connection, and then for each part of its answer."""
_LARGEST: Final = 64 * 2**20
"""Bytes of one picture from the network, at most."""
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "http": 80, "https": 443}

_Page: TypeAlias = Any
"""A response of ``requests``, which is imported when it is needed: it takes a fifth of a second."""


class CameraAnswer(NamedTuple):
    """What an address answers.

    what: ``stream``, ``snapshot``, or else the cause why there is no picture, as ``frame_texts`` of
    ``infra/operations/frames`` says it. status: of HTTP or RTSP; 0 without one.
    """

    what: str
    status: int = 0


class NoPictureError(Exception):
    """There is none. answer: why."""

    def __init__(self, answer: CameraAnswer) -> None:
        super().__init__(answer.what)
        self.answer = answer


def is_web(address: CameraAddress) -> bool:
    """Say whether it is HTTP, which can have a stream or one picture at a time."""
    return address.scheme in ("http", "https")


def ask(address: CameraAddress) -> CameraAnswer:
    """Say what an address has, or why there is no picture; of what is no HTTP a stream is never promised."""
    try:
        if is_web(address):
            with Snapshots(address) as web:
                return web.kind()
        if address.scheme == "rtsp":
            return _describe(address)
        if address.scheme in _PORTS:
            _connect(address).close()
        return CameraAnswer("no_stream")
    except NoPictureError as error:
        return error.answer


class Snapshots:
    """A camera that answers HTTP with one picture at a time. Close it after use."""

    def __init__(self, address: CameraAddress) -> None:
        import requests

        self._address = address
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "naul"

    def __enter__(self) -> "Snapshots":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def kind(self) -> CameraAnswer:
        """Say what the address has, by the beginning of its answer.

        Raises:
            NoPictureError: there is no picture.
        """
        with self._page() as page:
            kind = page.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind.startswith(("multipart/", "video/", "audio/")) or "mpegurl" in kind:
                return CameraAnswer("stream")
            first = next(page.iter_content(64), b"").lstrip()
            if first.startswith(b"#EXTM3U"):
                return CameraAnswer("stream")
            if kind.startswith("text/") or "html" in kind or first.lower().startswith((b"<!doctype", b"<html")):
                return CameraAnswer("web_page")
            one = kind.startswith("image/") or (first.startswith(b"\xff\xd8") and "Content-Length" in page.headers)
            return CameraAnswer("snapshot" if one else "stream")

    def take(self) -> bytes:
        """Return the picture of now, a whole JPEG.

        Raises:
            NoPictureError: there is none.
        """
        import requests

        with self._page() as page:
            data = b""
            try:
                for part in page.iter_content(2**16):
                    data += part
                    if len(data) > _LARGEST:
                        break
            except requests.exceptions.RequestException as error:
                raise NoPictureError(CameraAnswer("broke_off")) from error
        if data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0\r\n").endswith(b"\xff\xd9"):
            return data
        raise NoPictureError(CameraAnswer("no_jpeg_answer"))

    def _page(self) -> _Page:
        """Ask, and once more with user and password if the camera wants them; its body is not read yet."""
        import requests
        from requests.auth import HTTPBasicAuth, HTTPDigestAuth

        user, password = self._address.user, self._address.password
        try:
            page = self._get()
            asked = page.headers.get("WWW-Authenticate", "").lower()
            if page.status_code == 401 and (user or password) and self._session.auth is None:
                page.close()
                basic = HTTPBasicAuth(user.encode(), password.encode())
                self._session.auth = HTTPDigestAuth(user, password) if "digest" in asked else basic
                page = self._get()
        except requests.exceptions.SSLError as error:
            unsigned = "CERTIFICATE_VERIFY_FAILED" in str(error)
            raise NoPictureError(CameraAnswer("certificate" if unsigned else "silent")) from error
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            _connect(self._address).close()  # which says more of what is wrong with the connection
            raise NoPictureError(CameraAnswer("silent")) from error
        if page.status_code < 400:
            return page
        page.close()
        raise NoPictureError(_refusal(page.status_code, self._address))

    def _get(self) -> _Page:
        return self._session.get(self._address.where, stream=True, timeout=PATIENCE)


def _describe(address: CameraAddress) -> CameraAnswer:
    """Ask a camera for the description of a stream, as a decoder does."""
    with _connect(address) as connection:
        try:
            status, challenges = _request(connection, address, 1)
            if status == 401 and (login := _login(address, challenges)):
                try:
                    status, _ = _request(connection, address, 2, login)
                except ConnectionError:  # some hang up after each refusal
                    with _connect(address) as another:
                        status, _ = _request(another, address, 2, login)
        except (OSError, ValueError) as error:
            raise NoPictureError(CameraAnswer("silent")) from error
    return CameraAnswer("no_stream") if status < 400 else _refusal(status, address)


def _request(connection: socket.socket, address: CameraAddress, number: int, login: str = "") -> tuple[int, list[str]]:
    """Return the status of an answer, and what it asks for if it wants a password.

    Raises:
        OSError: there is none. ValueError: it is no RTSP.
    """
    lines = [f"DESCRIBE {address.where} RTSP/1.0", f"CSeq: {number}", "Accept: application/sdp", "User-Agent: naul"]
    lines += [f"Authorization: {login}"] if login else []
    connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < 2**16:
        part = connection.recv(4096)
        if not part:
            raise ConnectionAbortedError("no answer")
        answer += part
    head = answer.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    first = re.match(r"RTSP/\d\.\d (\d{3})", head)
    if not first:
        raise ValueError("no RTSP")
    return int(first[1]), re.findall(r"(?im)^WWW-Authenticate:[ \t]*(.+?)\s*$", head)


def _login(address: CameraAddress, challenges: list[str]) -> str:
    """Return user and password as a camera asks for them; empty without any, or if it asks in another way."""
    from requests.auth import HTTPDigestAuth
    from requests.utils import parse_dict_header

    if not (address.user or address.password):
        return ""
    for challenge in sorted(challenges, key=str.lower, reverse=True):  # Digest before Basic
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "digest":
            digest = HTTPDigestAuth(address.user, address.password)
            digest.init_per_thread_state()
            digest._thread_local.chal = parse_dict_header(rest)
            # It would sign the path alone; RTSP signs the whole address, which is a path for who knows no scheme "x".
            return digest.build_digest_header("DESCRIBE", f"x:{address.where}") or ""
        if kind.lower() == "basic":
            return f"Basic {base64.b64encode(f'{address.user}:{address.password}'.encode()).decode()}"
    return ""


def _connect(address: CameraAddress) -> socket.socket:
    """Return a connection to the camera.

    Raises:
        NoPictureError: there is none; the answer tells an unknown name from a closed port and from silence.
    """
    try:
        where = (address.host, address.port or _PORTS[address.scheme])
        return socket.create_connection(where, timeout=PATIENCE)
    except (socket.gaierror, UnicodeError) as error:
        raise NoPictureError(CameraAnswer("unknown_host")) from error
    except ConnectionRefusedError as error:
        raise NoPictureError(CameraAnswer("closed_port")) from error
    except TimeoutError as error:
        raise NoPictureError(CameraAnswer("timeout")) from error
    except OSError as error:
        raise NoPictureError(CameraAnswer("unreachable")) from error


def _refusal(status: int, address: CameraAddress) -> CameraAnswer:
    if status in (401, 403):
        return CameraAnswer("password" if address.user or address.password else "password_missing", status)
    if status in (404, 410):
        return CameraAnswer("no_path", status)
    return CameraAnswer("busy" if status in (453, 503) else "other_status", status)
