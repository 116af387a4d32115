"""Write requirements.lock from pyproject.toml, with hashes, without hosts: ``python -m tests.tools.lock [--check]``."""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

__all__ = ["compiled"]

LOCK = Path("requirements.lock")


def compiled() -> str:
    """Return the lock as it should be; versions that still satisfy pyproject.toml are kept."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / LOCK.name
        if LOCK.exists():
            shutil.copy(LOCK, draft)
        uv = Path(sysconfig.get_path("scripts")) / "uv"
        what = ["--extra", "dev", "--python-version", "3.11"]
        how = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet", "--system-certs"]
        subprocess.run(
            [str(uv), "pip", "compile", "pyproject.toml", *what, *how, "--output-file", str(draft)], check=True
        )
        return draft.read_text("utf-8")


def main() -> int:
    """Write the lock, or with --check say whether it is current."""
    try:
        text = compiled()
    except subprocess.CalledProcessError as error:
        print("uv could not resolve pyproject.toml; what it said is above", file=sys.stderr)
        return error.returncode
    if "--check" not in sys.argv[1:]:
        LOCK.write_text(text, "utf-8")
        return 0
    if text != LOCK.read_text("utf-8"):
        print("requirements.lock does not fit pyproject.toml; write it anew with `make lock`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
