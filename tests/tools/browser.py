"""A browser for the tests that look at pages: Debian's Chromium, which is no need of Naul's."""

import os
import shutil

import pytest

__all__ = ["chromium"]


def chromium() -> str:
    """Return where it is. Where it is missing the test is skipped with the command that installs it, in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and not os.environ.get("CI"):
        pytest.skip("chromium is missing: sudo apt-get install chromium")
    assert found, "CI installs chromium"
    return found
