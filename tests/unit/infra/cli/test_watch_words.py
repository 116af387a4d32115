"""Every reason why nobody could be seen has words in both languages."""

from typing import get_args, get_type_hints

import pytest

from infra.operations.labels import word
from schemas.messages import Gap


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("reason", get_args(get_type_hints(Gap)["reason"]))
def test_a_gap_says_why(language: str, reason: str) -> None:
    assert word(language, reason or "no_frames")
