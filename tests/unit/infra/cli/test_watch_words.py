"""What screens and tables say has words in both languages."""

import re
from io import StringIO
from typing import get_args, get_type_hints

import pytest
from rich.console import Console

from infra.cli.shared.output import words_of
from infra.operations.class_hours.labels import column_name, reason_text, word
from schemas.messages import Gap
from schemas.settings import Settings
from sinks.reports.render import show
from sinks.reports.table import Table
from streams.judgement.doubts import REASONS


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("reason", get_args(get_type_hints(Gap)["reason"]))
def test_a_gap_says_why(language: str, reason: str) -> None:
    assert word(language, reason or "no_frames")


@pytest.mark.parametrize("reason", [each for each in REASONS.values() if each])
def test_the_reason_of_a_row_is_shown_in_korean_and_whatever_else_it_says_stays(reason: str) -> None:
    row = f"{reason.format(rival='201912345')}; by hand"
    shown = reason_text("ko", row)
    assert re.search("[가-힣]", shown)
    assert shown.endswith("; by hand")
    assert ("201912345" in shown) == ("{rival}" in reason)
    assert reason_text("en", row) == row


def test_a_report_has_its_columns_and_its_emptiness_in_korean() -> None:
    assert (column_name("ko", "student_id"), column_name("en", "student_id")) == ("학번", "student_id")
    assert column_name("ko", "of_later") == "of_later"
    words = words_of(Settings(language="ko"))
    shown = Console(file=StringIO(), width=200)
    table = Table(("section", "student_id", "verdict", "reason"), [("A", "1", "absent", "no face enrolled")])
    show(table, shown, {"absent": "결석"}.__getitem__, words)
    show(table._replace(rows=[]), shown, str, words)
    assert shown.file.getvalue().split() == [  # type: ignore[attr-defined]
        "분반", "학번", "판정", "사유", "A", "1", "결석", "등록된", "얼굴이", "없음", *words.nothing.split(),
    ]  # fmt: skip
