"""What of others' the desk serves to browsers, held to sums: ``python -m tests.tools.vendored`` writes them anew.

``infra/desk/static/vendor/vendored.toml`` says from which package of npm each file is, byte for byte where it is not
said to be changed.
"""

import sys
from pathlib import Path

import msgspec

from infra.machine.kafka.jars import sha256_of

__all__ = ["FOLDER", "LIST", "Vendored", "read_vendored"]

FOLDER = Path(__file__).parents[2] / "infra/desk/static/vendor"
LIST = FOLDER / "vendored.toml"


class Vendored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package of npm of which the desk serves files. changed: what is not as it is there. sha256: by file."""

    npm: str
    version: str
    licence: str
    within: str
    changed: str = ""
    sha256: dict[str, str] = {}


def read_vendored(file: Path = LIST) -> dict[str, Vendored]:
    """Return the packages by their names here."""
    return msgspec.toml.decode(file.read_bytes(), type=dict[str, Vendored])


def main() -> None:
    """Write the sums of the files that lie there now."""
    lines = []
    for name, package in read_vendored().items():
        files = sorted(
            each for each in FOLDER.rglob("*") if each.relative_to(FOLDER).as_posix().startswith(package.within)
        )
        lines += [f"[{name}]", f'npm = "{package.npm}"', f'version = "{package.version}"',
                  f'licence = "{package.licence}"',
                  f'within = "{package.within}"']  # fmt: skip
        lines += [f'changed = "{package.changed}"'] if package.changed else []
        lines += [f"\n[{name}.sha256]"]
        lines += [f'"{each.relative_to(FOLDER).as_posix()}" = "{sha256_of(each)}"' for each in files if each.is_file()]
        lines.append("")
    LIST.write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
