"""Everything that the desk says is said in both languages."""

from babel.messages.pofile import read_po

from infra.desk.languages import preferred, translations
from tests.tools.texts import CATALOGUE, untranslated


def test_every_text_of_the_desk_has_a_korean_one_and_no_other_is_kept() -> None:
    assert untranslated() == [], "write them with `python -m tests.tools.texts`, and translate what is new"


def test_a_translation_asks_for_the_values_that_its_text_has() -> None:
    with CATALOGUE.open("rb") as file:
        for each in read_po(file, locale="ko"):
            if each.id:
                assert sorted(fields(str(each.id))) == sorted(fields(str(each.string))), each.id


def fields(text: str) -> list[str]:
    return [part.split(")")[0] for part in text.split("%(")[1:]]


def test_the_pages_speak_what_the_browser_wishes_as_far_as_they_can() -> None:
    assert preferred("ko-KR,ko;q=0.9,en;q=0.8", "en") == "ko"
    assert preferred("fr, en;q=0.3, ko;q=0.2", "ko") == "en"
    assert preferred("fr", "ko") == "ko"
    assert preferred("", "en") == "en"
    assert preferred("ko;q=nonsense", "en") == "en"
    assert translations("ko").gettext("late") == "지각"
    assert translations("en").gettext("late") == "late"
