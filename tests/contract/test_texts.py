"""Everything that Naul says is said in both languages."""

import re

from infra.desk.languages import preferred
from schemas.translations import Text, say, translations
from tests.tools.texts import HOUSE, ROOMS, click_says, fields, formatted, known, untranslated

LEFT_OUT = {
    "{width} x {height} pixels": {"millions", "most"},
    "truncated {kind}": {"detail"},
    "corrupted {kind}": {"detail"},
}
"""Values that a Korean text leaves out: they are English. By how the English one begins."""


def test_every_text_has_a_korean_one_and_no_other_is_kept() -> None:
    assert untranslated() == [], "write them with `python -m tests.tools.texts`, and translate what is new"


def test_a_translation_asks_for_the_values_that_its_text_has() -> None:
    for (_, english), korean in known().items():
        out: set[str] = set().union(*(each for begin, each in LEFT_OUT.items() if english.startswith(begin)))
        several = set(fields(click_says().get(english, english)))
        assert set(fields(korean)) in (set(fields(english)) - out, several), english


def test_a_value_is_called_by_a_word() -> None:
    """A translator sees its name alone."""
    names = {name for _, text in known() if "%(" not in text for name in fields(text)}
    ours = {name for name in names if name != "e.message"}  # click's
    assert [each for each in sorted(ours) if not re.fullmatch("[a-z]+(_[a-z0-9]+)*|sha256|[xy][12]", each)] == []
    assert names.isdisjoint({"strip", "max", "min", "decimal"})


def test_a_catalogue_is_read_as_others_read_it() -> None:
    for (context, english), korean in known().items():
        read = translations("ko")
        assert (read.pgettext(context, english) if context else read.gettext(english)) == korean


def test_no_text_is_put_together_before_it_is_said() -> None:
    files = (file for room in ROOMS for file in (HOUSE / room).rglob("*.py"))
    assert [(file.name, each) for file in files for each in formatted(file.read_text("utf-8"))] == []


def test_the_pages_speak_what_the_browser_wishes_as_far_as_they_can() -> None:
    assert preferred("ko-KR,ko;q=0.9,en;q=0.8", "en") == "ko"
    assert preferred("fr, en;q=0.3, ko;q=0.2", "ko") == "en"
    assert preferred("fr", "ko") == "ko"
    assert preferred("", "en") == "en"
    assert preferred("ko;q=nonsense", "en") == "en"


def test_a_text_is_said_later_with_all_that_is_in_it() -> None:
    assert translations("ko").gettext("late") == "지각"
    assert translations("en").gettext("late") == "late"
    told = Text("{what} of 2026", what=Text("late"))
    assert (told, told.said("ko"), say("ko", told)) == ("late of 2026", "지각 of 2026", "지각 of 2026")
