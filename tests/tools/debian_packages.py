"""Servers for the tests, without root: packages of Debian, unpacked into the cache."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from schemas.cache import cache_folder, made_once
from schemas.errors import UnavailableError

__all__ = ["await_ready", "unpacked"]

PATIENCE = 60
"""Seconds for a server to become ready; it takes one on an idle machine."""


def unpacked(folder: str, *packages: str, alone: bool = False) -> Path:
    """Unpack packages into a folder of the cache unless it is there, all or nothing, and return its place.

    alone: these and nothing that they need; else whatever of that this machine lacks comes with them.

    Raises:
        UnavailableError: this is no Debian, or its packages cannot be had.
    """

    def root(scratch: Path) -> Path:
        for tool in ("apt-get", "dpkg"):
            if shutil.which(tool) is None:
                raise UnavailableError(
                    f"{tool} is missing", "The servers that tests start are Debian's; run them on Debian."
                )
        for package in sorted(_download(scratch, packages, alone=alone)):
            _run("dpkg", "-x", str(package), str(scratch / "root"))
        return scratch / "root"

    return made_once(cache_folder() / folder, root)


def await_ready(server: "subprocess.Popen[bytes]", program: str, answers: Callable[[], bool], folder: Path) -> None:
    """Return once a server answers that was just started; one that does not is ended. folder: of its logs.

    Raises:
        UnavailableError: it ended, or does not become ready.
    """
    until = time.monotonic() + PATIENCE
    while not answers():
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            server.wait()
            raise UnavailableError(
                f"{program} did not start (status {server.returncode})", f"Its logs are in {folder}."
            )
        time.sleep(0.05)


def _download(scratch: Path, packages: tuple[str, ...], *, alone: bool) -> list[Path]:
    """Let apt find and fetch packages, in folders of our own."""
    archives, lists = scratch / "archives", scratch / "lists"
    (archives / "partial").mkdir(parents=True)
    (lists / "partial").mkdir(parents=True)
    apt = ["apt-get", "-q", "-o", "Debug::NoLocking=true", "-o", f"Dir::Cache={scratch}"]
    own_lists = ["-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User="]
    if alone:
        fetch = ["download", *packages]
    else:
        fetch = ["-o", f"Dir::Cache::archives={archives}", "-y", "--no-install-recommends", "--download-only"]
        fetch += ["install", "--reinstall", *packages]
    try:
        _run(*apt, *fetch, folder=archives)
    except UnavailableError:
        # The machine's lists are missing or old, and may not be ours to renew.
        _run(*apt, *own_lists, "update")
        _run(*apt, *own_lists, *fetch, folder=archives)
    return list(archives.glob("*.deb"))


def _run(*command: str, folder: Path | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise UnavailableError(
            f"{' '.join(command[:1])} failed:\n{(done.stdout + done.stderr).strip()[-2000:]}",
            "Check that Debian's package archive can be reached.",
        )
