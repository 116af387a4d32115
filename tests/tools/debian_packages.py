"""Servers for the tests, without root: packages of Debian, unpacked into the cache."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from schemas.cache import cache_folder
from schemas.errors import UnavailableError

__all__ = ["unpacked"]


def unpacked(folder: str, *packages: str, alone: bool = False) -> Path:
    """Unpack packages into a folder of the cache unless it is there, all or nothing, and return its place.

    alone: these and nothing that they need; else whatever of that this machine lacks comes with them.

    Raises:
        UnavailableError: this is no Debian, or its packages cannot be had.
    """
    target = cache_folder() / folder
    if target.is_dir():
        return target
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise UnavailableError(
                f"{tool} is missing", "The servers that tests start are Debian's; run them on Debian."
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{folder}-") as scratch:
        root = Path(scratch) / "root"
        for package in sorted(_download(Path(scratch), packages, alone=alone)):
            _run("dpkg", "-x", str(package), str(root))
        try:
            root.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise somebody else was quicker
                raise
    return target


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
