"""The broker's jars are the locked ones or none. The files are real jars; nothing leaves this machine."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.machine.kafka.jars import install, jars_folder, read_lock
from infra.machine.kafka.maven import mirror
from schemas.errors import RefusedError, UnavailableError

LOCKED = read_lock().sha256
TWO = ("net.sf.jopt-simple:jopt-simple:5.0.4", "org.slf4j:slf4j-api:1.7.36")
REAL = jars_folder()


def place(coordinate: str) -> Path:
    """Where a Maven repository keeps a jar."""
    group, artifact, version = coordinate.split(":")
    return Path(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A Maven repository of the two jars."""
    folder = tmp_path / "repository"
    for each in TWO:
        (folder / place(each)).parent.mkdir(parents=True)
        shutil.copy(REAL / place(each).name, folder / place(each))
    return folder


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of the two jars, on a machine that has neither."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("NAUL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "empty"))
    file = tmp_path / "jars.toml"
    sums = "".join(f'"{each}" = "{LOCKED[each]}"\n' for each in TWO)
    file.write_text(f"roots = []\nwithout = []\n[sha256]\n{sums}", "utf-8")
    return file


def use_mirror(tmp_path: Path, url: str) -> None:
    settings = tmp_path / "user" / ".m2" / "settings.xml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<settings xmlns="urn:maven"><mirrors><mirror>'
        f"<mirrorOf>central</mirrorOf><url>{url}</url></mirror></mirrors></settings>",
        "utf-8",
    )


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def served(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server of the repository, on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(repository))) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def installed(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_jars_that_maven_has_are_copied(
    lock: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(repository))
    target = install(lock)
    assert target == jars_folder(lock)
    assert installed(target) == {"jopt-simple-5.0.4.jar", "slf4j-api-1.7.36.jar"}
    assert list((tmp_path / "cache").iterdir()) == [target]


def test_others_come_from_the_mirror_that_maven_is_set_to(lock: Path, served: str, tmp_path: Path) -> None:
    use_mirror(tmp_path, served)
    assert installed(install(lock)) == {"jopt-simple-5.0.4.jar", "slf4j-api-1.7.36.jar"}


def test_what_is_installed_is_not_fetched_again(lock: Path) -> None:
    jars_folder(lock).mkdir(parents=True)
    assert installed(install(lock)) == set()


def test_a_jar_with_another_sum_is_refused_and_nothing_is_installed(
    lock: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(repository))
    changed = repository / place(TWO[1])
    changed.write_bytes(changed.read_bytes() + b"\n")
    with pytest.raises(RefusedError) as refused:
        install(lock)
    assert refused.value.message.startswith(f"{TWO[1]} is not the jar that was locked: its SHA-256 is ")
    assert refused.value.message.endswith(f", not {LOCKED[TWO[1]]}")
    assert str(changed.parent) in refused.value.remedy
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_jar_that_is_nowhere_is_named_and_nothing_is_installed(
    lock: Path, repository: Path, served: str, tmp_path: Path
) -> None:
    use_mirror(tmp_path, served)
    (repository / place(TWO[1])).unlink()
    with pytest.raises(UnavailableError, match=rf"{TWO[1]} could not be fetched: .*\n.*mirror"):
        install(lock)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_mirror_that_does_not_answer_is_named(lock: Path, tmp_path: Path) -> None:
    use_mirror(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(UnavailableError, match=r"could not be fetched: .*127\.0\.0\.1.*\n.*HTTPS_PROXY"):
        install(lock)


@pytest.mark.parametrize(
    ("mirrors", "found"),
    [
        pytest.param("", None, id="none"),
        pytest.param("<mirrorOf>central</mirrorOf><url>http://a/m2/</url>", "http://a/m2", id="of Maven Central"),
        pytest.param("<mirrorOf>*,!ours</mirrorOf><url>http://a</url>", "http://a", id="of nearly everything"),
        pytest.param("<mirrorOf>external:*</mirrorOf><url>http://a</url>", "http://a", id="of everything elsewhere"),
        pytest.param("<mirrorOf>*, !central</mirrorOf><url>http://a</url>", None, id="of everything else"),
        pytest.param("<mirrorOf>external:http:*</mirrorOf><url>http://a</url>", None, id="the blocker of plain HTTP"),
    ],
)
def test_the_mirror_of_maven_s_settings(tmp_path: Path, mirrors: str, found: str | None) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text(f"<settings><mirrors><mirror>{mirrors}</mirror></mirrors></settings>", "utf-8")
    assert mirror(settings) == (found and {"central": found})


def test_settings_that_are_no_xml_are_named(tmp_path: Path) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text("<settings>", "utf-8")
    with pytest.raises(UnavailableError, match=r"settings\.xml: .*\n.*Mend it"):
        mirror(settings)
