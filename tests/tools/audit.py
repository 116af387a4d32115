"""Whether a version of the lock has a known vulnerability: ``python -m tests.tools.audit [--strict]`` (``make audit``).

uv asks the OSV database, which holds what PyPI's and GitHub's advisories say. Where that cannot be reached, nothing is
known and that is said; with --strict it is a failure.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tools.bill_of_materials import project, uv_line

__all__ = ["main", "reached"]

_AWAY = ("error sending request", "dns error", "error resolving", "failed to lookup", "connection refused", "timed out")


def reached(said: str) -> bool:
    """Whether a failure of uv is one of the lock, and not of the way to the database. said: on stderr."""
    return not any(each in said.lower() for each in _AWAY)


def main() -> int:
    """Ask, and return 0 where nothing is wrong or nothing is known."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            project(Path(folder))
        except subprocess.CalledProcessError as error:
            print("uv could not resolve pyproject.toml; what it said is above", file=sys.stderr)
            return error.returncode
        program = uv_line("audit", "--frozen", "--system-certs")
        done = subprocess.run(program, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode and not reached(done.stderr):
        print(
            "NOT AUDITED: the OSV database cannot be reached from here; nothing is known of the lock.", file=sys.stderr
        )
        return 1 if "--strict" in sys.argv[1:] else 0
    print((done.stdout + done.stderr).strip())
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
