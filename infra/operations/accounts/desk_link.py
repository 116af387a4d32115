"""The first sign-in: whoever runs the site on this machine is let in without a password."""

from datetime import datetime

from enrollment.loaded import class_hours
from infra.operations.accounts.accounts import NewAccount, add_account, known_account
from infra.operations.accounts.desk_database import writing
from infra.operations.accounts.desk_sessions import create_link, link_address
from producers.login import login_name
from schemas.settings import Settings

__all__ = ["sign_in_link"]


def sign_in_link(settings: Settings, now: datetime) -> str:
    """Return an address that signs in once whoever runs the site: as registrar, and as professor of every section.

    The account has the login name of this machine, and is made if there is none.

    Raises:
        UnavailableError: the broker does not answer, or the accounts cannot be written now.
    """
    name = login_name()
    account = known_account(settings, name) or add_account(
        settings, NewAccount(name=name, roles=("registrar", "professor")), now
    )
    sections = {each.section for each in class_hours(settings)}
    with writing(settings) as database:
        taught = {section for (section,) in database.execute("SELECT section FROM teaching WHERE role = 'professor'")}
        rows = [(section, account.number) for section in sorted(sections - taught)]
        database.executemany(
            "INSERT OR REPLACE INTO teaching (section, account, role) VALUES (?, ?, 'professor')", rows
        )
    return link_address(settings, create_link(settings, name, now))
