"""``pytest --quick``: unit and contract tests that need no server and are not marked ``slow``.

Whatever starts a server asks for the fixture ``servers``: a test that asks for it, through whichever fixture, is left
out, and one that gets hold of it all the same fails.
"""

import pytest

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "servers"]

FOLDERS = ("tests/unit/", "tests/contract/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only unit and contract tests without servers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("quick"):
        return
    left = [each for each in items if not _is_quick(each)]
    items[:] = [each for each in items if _is_quick(each)]
    config.hook.pytest_deselected(items=left)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> None:
    """Ask for it before starting a server."""
    if request.config.getoption("quick"):
        pytest.fail("a quick test starts a server; name the fixture that starts it as an argument", pytrace=False)


def _is_quick(item: pytest.Item) -> bool:
    needs_server = "servers" in getattr(item, "fixturenames", ())
    return item.nodeid.startswith(FOLDERS) and not needs_server and item.get_closest_marker("slow") is None
