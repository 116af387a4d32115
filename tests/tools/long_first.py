"""Order of the files where several processes share them (``pytest -n 3 --dist loadfile``): what takes long comes first.

Otherwise the last process would be busy for minutes with a file that it got last. Within a folder chance decides.
"""

import pytest

__all__ = ["pytest_collection_modifyitems"]

LONG = (
    "tests/e2e/",
    "tests/integration/streams/test_replay.py",  # gives way to everything else: it needs all the time that there is
    "tests/integration/streams/",
    "tests/integration/infra/",
    "tests/integration/",
    "tests/contract/",
)


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))
