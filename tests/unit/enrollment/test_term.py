"""The file of a term."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.term import TermFaultsError, read_term, term_file, term_of_values
from schemas.errors import RefusedError
from schemas.messages import Term, TermRule
from schemas.texts import cleaned, written_plainly
from schemas.toml_file import parse_toml

NOW = datetime(2026, 8, 20, tzinfo=UTC)
TERM = """
term = "2026-2"
first = 2026-09-01
last = "2026-12-18"
[rule]
late_per_absence = 4
limit = "1/3"
[sections."EA0017–1"]
unit = "minutes"
block_minutes = 30
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "term.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_section_has_the_rule_of_the_site_but_for_what_it_says_itself(tmp_path: Path) -> None:
    term = read_term(written(tmp_path, TERM), NOW, "office")
    assert (term.term, term.first, term.last, term.by) == ("2026-2", date(2026, 9, 1), date(2026, 12, 18), "office")
    assert term.rule_of("CS2001-2") == TermRule(late_per_absence=4, limit="1/3")
    own = term.rule_of("EA0017-1")
    assert own == TermRule(late_per_absence=4, limit="1/3", unit="minutes", block_minutes=30)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('term = "2026-2"\n', "", "term must be a name like 2026-2"),
        ('"2026-2"', '"a|b"', "term must be a name like 2026-2"),
        ("2026-09-01", '"soon"', "first must be a day, like 2026-09-01"),
        ("first = 2026-09-01\n", "", "first must be a day"),
        ("2026-09-01", "2027-09-01", "the term ends before it begins"),
        ("limit", "limits", "'limits' is nothing of a term; Did you mean limit?"),
        ('"1/3"', "0.25", '[rule]: limit must be a part in quotes, like "1/4", got 0.25'),
        ('"1/3"', '"1/0"', "limit must be a part in quotes"),
        ("= 4", "= 3.5", "late_per_absence must be a whole number from 0 to 100, got 3.5"),
        ("= 4", "= 101", "late_per_absence must be a whole number from 0 to 100, got 101"),
        ("= 30", "= 0", "block_minutes must be a whole number from 1 to 240, got 0"),
        ("[rule]", "[rule]\nprofessor_corrects_days = 7\noffice_corrects_days = 7",
         "[rule]: office_corrects_days ends before the professor's days do; give more than 7"),
        ('"minutes"', '"days"', "unit must be hours or minutes, got 'days'"),
        ("block_minutes = 30", "from_limit = 1", '[sections."EA0017–1"]: from_limit must be true or false'),
        ("[rule]", 'rules = "x"\n[rule]', "'rules' is nothing of a term; Did you mean rule?"),
        ("[rule]\nlate_per_absence = 4\nlimit = \"1/3\"\n", "rule = 3\n", "rule must be a table, a line [rule]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_the_remedy(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TERM
    file = written(tmp_path, TERM.replace(old, new, 1))
    with pytest.raises(RefusedError) as refused:
        read_term(file, NOW, "office")
    error = refused.value
    assert str(file) in error.message
    assert all(each in f"{error.message} {error.remedy}" for each in said.split("; "))


def test_all_that_is_wrong_is_said_at_once_with_its_place(tmp_path: Path) -> None:
    text = TERM.replace("= 4", "= 3.5").replace('"1/3"', "0.25").replace("= 30", "= 0").replace("2026-09-01", '"soon"')
    with pytest.raises(TermFaultsError) as refused:
        read_term(written(tmp_path, text), NOW, "office")
    assert [(each.table, each.name) for each in refused.value.faults] == [
        ("", "first"), ("rule", "late_per_absence"), ("rule", "limit"), ('sections."EA0017–1"', "block_minutes"),
    ]  # fmt: skip
    assert len(refused.value.message.splitlines()) == 4
    assert "1부터 240까지의 정수" in refused.value.said("ko")


days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(written_plainly)
parts = st.builds("{}/{}".format, st.integers(0, 99), st.integers(1, 99))
rules = st.builds(
    TermRule,
    late_per_absence=st.integers(0, 100),
    limit=parts,
    from_limit=st.booleans(),
    unit=st.sampled_from(["hours", "minutes"]),
    appeal_days=st.integers(0, 30),
    professor_corrects_days=st.integers(0, 5),
    office_corrects_days=st.integers(6, 30),
)


@given(st.data())
def test_a_term_is_what_its_own_file_says(data: st.DataObject) -> None:
    first, last = sorted(data.draw(st.tuples(days, days)))
    term = Term(
        term=data.draw(names.filter(lambda name: name and "|" not in name and name.isprintable())),
        first=first,
        last=last,
        rule=data.draw(rules),
        sections=data.draw(st.dictionaries(names.filter(bool), rules, max_size=3)),
        faculties=data.draw(st.dictionaries(names.filter(bool), names.map(cleaned).filter(bool), max_size=3)),
        loaded_at=NOW,
    )
    assert term_of_values(parse_toml("it", term_file(term).encode()), NOW, "") == term


def test_a_faculty_has_the_sections_whose_names_begin_so(tmp_path: Path) -> None:
    told = TERM + '[faculties]\nEA = "전자공학부"\n"EA9–" = " 대학원 "\n'
    term = read_term(written(tmp_path, told), NOW, "office")
    assert term.faculties == {"EA": "전자공학부", "EA9-": "대학원"}
    assert [term.faculty_of(each) for each in ("EA0017-1", "EA9-1", "CS1")] == ["전자공학부", "대학원", ""]
    for wrong in ("EA = 3", 'EA = ""', '"" = "a"'):
        with pytest.raises(RefusedError, match="must be a name in quotes"):
            read_term(written(tmp_path, f"{TERM}[faculties]\n{wrong}\n"), NOW, "office")
