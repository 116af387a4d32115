"""Who teaches which section, written as it stands in the file of the desk."""

from infra.operations.accounts.desk_database import writing
from schemas.settings import Settings

__all__ = ["give_sections"]


def give_sections(settings: Settings, name: str, role: str, *sections: str) -> None:
    """Let an account teach sections."""
    with writing(settings) as database:
        (number,) = database.execute("SELECT id FROM accounts WHERE name = ?", (name,)).fetchone()
        rows = [(section, number, role) for section in sections]
        database.executemany("INSERT INTO teaching (section, account, role) VALUES (?, ?, ?)", rows)
