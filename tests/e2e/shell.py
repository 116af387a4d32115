"""A person at a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tools.ports import free_row

BIN = Path(sys.executable).parent


class Shell:
    """Runs commands in a folder as a person would, whose umask is careless."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / ".naul"
        self.environ = os.environ | {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "NAUL_KAFKA_PORT": str(free_row(18)),
        }

    def __call__(self, line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            umask=0,
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def rows(self, kind: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self(f"naul report {kind} --format json"))
        return rows
