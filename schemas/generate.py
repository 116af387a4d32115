"""Write what is made of declarations: ``python -m schemas.generate``. Tests hold it current.

That is the JSON Schema of every message version, and the table of docs/metrics.md.
"""

from pathlib import Path
from typing import Any

import msgspec

from schemas.messages import MESSAGES
from schemas.metrics import DECLARED

__all__ = ["metrics_table", "schemas"]

HERE = Path(__file__).parent
METRICS_PAGE = HERE.parent / "docs" / "metrics.md"
TABLE = "| metric | kind, unit | labels | served by | meaning |"


def schemas() -> dict[str, dict[str, Any]]:
    """Return file name -> JSON Schema of every message that a topic carries."""
    found = {}
    for kinds in MESSAGES.values():
        for kind in kinds:
            name = str(kind.__struct_config__.tag).replace("/", ".v")
            found[f"{name}.json"] = msgspec.json.schema(kind)
    return found


def metrics_table() -> str:
    """Return every metric as a line of a table in Markdown."""
    lines = [TABLE, "|---|---|---|---|---|"]
    for each in DECLARED:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        lines.append(f"| `{each.name}` | {each.kind}, {each.unit} | {labels} | {each.of} | {each.meaning} |")
    return "\n".join(lines) + "\n"


def write(folder: Path = HERE / "json") -> None:
    """Write them all."""
    folder.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        text = msgspec.json.format(msgspec.json.encode(schema), indent=2)
        (folder / name).write_bytes(text + b"\n")


def write_metrics_page(page: Path = METRICS_PAGE) -> None:
    """Put the table of metrics where the page has one."""
    before, _, after = page.read_text("utf-8").partition(TABLE)
    rest = after.partition("\n\n")[2]
    page.write_text(f"{before}{metrics_table()}\n{rest}", "utf-8")


if __name__ == "__main__":
    write()
    write_metrics_page()
