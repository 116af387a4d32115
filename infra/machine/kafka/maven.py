"""Jars by their coordinates, from where Maven would take them on this machine; Maven itself is not needed."""

from pathlib import Path
from xml.etree import ElementTree

from jgo.constants import default_maven_repo
from jgo.maven import MavenContext

from schemas.errors import UnavailableError
from schemas.translations import Text

__all__ = ["fetch", "maven", "mirror"]

PATIENCE = 60
"""Seconds without a byte until a download is given up."""


def maven(downloads: Path, *, local: bool = True) -> MavenContext:
    """Return what ``fetch`` takes jars from: the user's local repository, then the mirror, else Maven Central.

    downloads: a folder of its own. jgo leaves half a file where a download breaks off, which nobody must find later.
    local: whether the local repository (``M2_REPO``, or the one in ``~/.m2``) counts; it is only read.

    Raises:
        UnavailableError: Maven's settings cannot be read.
    """
    return MavenContext(
        repo_cache=downloads,
        local_repos=[default_maven_repo()] if local else [],
        remote_repos=mirror(Path("~/.m2/settings.xml").expanduser()),
        timeout=PATIENCE,
    )


def fetch(source: MavenContext, coordinate: str) -> Path:
    """Return the file of a ``group:artifact:version``; who has its sum compares it.

    Raises:
        UnavailableError: it is nowhere, or whoever has it does not answer.
    """
    try:
        return source.create_dependency(coordinate).artifact.resolve()
    except (RuntimeError, OSError) as error:  # every error of requests is an OSError
        raise UnavailableError(
            Text("{coordinate} could not be fetched: {error}", coordinate=coordinate, error=error),
            "Check that Maven Central, or the mirror in ~/.m2/settings.xml, can be reached: HTTPS_PROXY names a proxy, "
            "REQUESTS_CA_BUNDLE a file of its certificates, ~/.netrc the password of a mirror.",
        ) from error


def mirror(settings: Path) -> dict[str, str] | None:
    """Return the mirror of Maven Central that Maven's settings name, or None if they name none.

    Raises:
        UnavailableError: the file is no XML.
    """
    try:
        root = ElementTree.parse(settings).getroot()  # noqa: S314  the user's own file
    except FileNotFoundError:
        return None
    except ElementTree.ParseError as error:
        raise UnavailableError(
            Text("{settings}: {error}", settings=settings, error=error), "Mend it, or move it away."
        ) from error
    for each in root.iterfind("{*}mirrors/{*}mirror"):
        mirrored = {name.strip() for name in each.findtext("{*}mirrorOf", "").split(",")}
        url = each.findtext("{*}url", "").strip().rstrip("/")
        if url and mirrored & {"central", "external:*", "*"} and "!central" not in mirrored:
            return {"central": url}
    return None
