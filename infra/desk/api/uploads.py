"""A form with files that a program sends. They are on disk, not in memory, and go when the request is answered."""

from collections.abc import Mapping
from typing import IO, NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from infra.desk.api.problems import ProblemError
from infra.desk.visitor import MOST_FILES
from infra.operations.people.photo_intake import MOST_BYTES
from schemas.translations import Text

__all__ = ["Upload", "read_upload"]

KIND = "multipart/form-data"


class Upload(NamedTuple):
    """A form. files: their names, and what is in them."""

    fields: Mapping[str, str]
    files: tuple[tuple[str, IO[bytes]], ...]


async def read_upload(request: Request) -> Upload:
    """Return the form of a request.

    Raises:
        ProblemError: 415: it is none; 400: it cannot be read, or does not say how long it is; 413: it is too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise ProblemError(
            415,
            "not-a-form",
            Text("The body must be a form with files."),
            Text("Send it with `Content-Type: {kind}`.", kind=KIND),
            {"accept": KIND},
        )
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise ProblemError(
            400, "length", Text("The body does not say how long it is."), Text("Send it with `Content-Length`.")
        )
    if int(length[:20]) > MOST_BYTES:
        raise ProblemError(
            413,
            "too-long",
            Text("The body is longer than {count} bytes.", count=MOST_BYTES),
            Text("Send less at once."),
            {"connection": "close"},
        )
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=100)
    except (HTTPException, MultiPartException) as error:
        raise ProblemError(
            400, "form", Text("The form cannot be read."), Text("Send it as RFC 7578 has it, at most 20,000 files.")
        ) from error
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    files = [each for _, each in form.multi_items() if isinstance(each, UploadFile) and each.filename]
    return Upload(fields, tuple((each.filename or "", each.file) for each in files))
