"""A browser for the tests that look at pages: Debian's Chromium, which is no need of Naul's.

Its headless shell is the same engine without windows, menus and their processes: a file of tests that looks at many
pages takes a third less of a core.
"""

import os
import shutil

import pytest

__all__ = ["chromium"]

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Return where it is. Where it is missing the test is skipped with the command that installs it, in CI it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("chromium is missing: sudo apt-get install chromium-headless-shell")
    assert found, "CI installs chromium"
    return found
