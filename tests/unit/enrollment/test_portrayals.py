"""What an enrolment becomes when people are enrolled again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from enrollment.history import history
from enrollment.portrayals import Portrayal, known, record, renewed, source_of
from schemas.messages import ClassHour, Enrollment, PhotoQuality, decode
from schemas.settings import Settings
from streams.faces.template_cipher import TemplateCipher
from streams.faces.templates import Template
from streams.reference.reference_data import templates_at

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def cipher(tmp_path: Path) -> TemplateCipher:
    return TemplateCipher.create(tmp_path / "key")


QUALITY = PhotoQuality(width=80, sharpness=0.4, yaw=1, roll=2, bright=180, contrast=100, agreement=0.95)


def portrayal(engine: str, *vector: float, photos: int = 2, source: bytes = b"") -> Portrayal:
    template = Template(np.array(vector, np.float32), photos) if vector else None
    taken = {Path(f"{at}.jpg"): QUALITY for at in range(photos)} if template else {}
    return Portrayal(student_id="1001", engine=engine, template=template, taken=taken, refused={}, source=source)


def enrolled(cipher: TemplateCipher, *portrayals: Portrayal, stood: Enrollment | None = None) -> Enrollment:
    found = renewed(portrayals, stood, cipher, MONDAY)
    assert found is not None
    return found


def test_the_first_enrolment_is_version_one_with_the_consent_recorded(cipher: TemplateCipher) -> None:
    found = enrolled(cipher, portrayal("a", 1, 0))
    assert (found.student_id, found.version, found.enrolled_at) == ("1001", 1, MONDAY)
    assert found.consent_on_file
    assert found.previous == ()


def test_the_same_template_again_changes_nothing(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0))
    assert renewed([portrayal("a", 1, 1e-7)], stood, cipher, TUESDAY) is None


@pytest.mark.parametrize("again", [portrayal("a", 0, 1), portrayal("a", 1, 0, photos=3)])
def test_another_template_is_the_next_version_and_the_one_before_is_kept(
    cipher: TemplateCipher, again: Portrayal
) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0))
    found = enrolled(cipher, again, stood=stood)
    assert found.version == 2
    assert found.previous == stood.templates
    assert len(found.templates) == 1


def test_an_engine_that_did_not_look_keeps_its_template(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0), portrayal("b", 1, 0))
    found = enrolled(cipher, portrayal("b", 0, 1), stood=stood)
    assert found.templates[0] == stood.templates[0]
    assert [each.engine for each in found.previous] == ["b"]


def test_photos_that_cannot_be_used_leave_what_stood(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0))
    assert renewed([portrayal("a")], stood, cipher, TUESDAY) is None
    assert renewed([portrayal("a")], None, cipher, TUESDAY) is None


def test_a_template_sealed_with_a_lost_key_is_replaced_and_named(cipher: TemplateCipher, tmp_path: Path) -> None:
    stood = enrolled(TemplateCipher.create(tmp_path / "lost"), portrayal("a", 1, 0))
    assert known([stood], "a", cipher) == ([], ["1001"])
    again = enrolled(cipher, portrayal("a", 1, 0), stood=stood)
    ((found,), closed) = known([again], "a", cipher)
    assert (found.student_id, found.photos, closed) == ("1001", 2, [])
    assert found.vector.tolist() == [1, 0]


def test_an_engine_knows_only_its_own_templates(cipher: TemplateCipher) -> None:
    assert known([enrolled(cipher, portrayal("a", 1, 0))], "b", cipher) == ([], [])


def test_an_enrolment_travels_under_its_student(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0))
    name, key, value, partition, _ = record(Settings(prefix="site"), stood)
    assert (name, key, partition) == ("site-enrollments", b"1001", None)
    assert decode(value, Enrollment) == stood


# ---------------------------------------------------------------- what is kept of versions and of photos


def test_every_version_is_kept_with_who_when_and_why_and_no_older_template(cipher: TemplateCipher) -> None:
    first = renewed([portrayal("a", 1, 0)], None, cipher, MONDAY, by="kim")
    second = renewed([portrayal("a", 0, 1, photos=3), portrayal("b", 1, 0)], first, cipher, TUESDAY, why="new cards")
    assert second
    third = renewed([portrayal("a", 1, 0)], second, cipher, TUESDAY)
    assert third
    assert [(each.version, each.enrolled_at, each.photos, each.engines) for each in third.history] == [
        (1, MONDAY, 2, ("a",)),
        (2, TUESDAY, 3, ("a", "b")),
        (3, TUESDAY, 2, ("a",)),
    ]
    assert [(each.by, each.why) for each in third.history] == [("kim", ""), ("", "new cards"), ("", "")]
    assert [each.engine for each in third.previous] == ["a"]
    assert len(third.templates) == 2


def test_an_enrolment_from_before_versions_were_kept_begins_its_history_with_itself(cipher: TemplateCipher) -> None:
    old = msgspec.structs.replace(enrolled(cipher, portrayal("a", 1, 0)), history=())
    assert [(each.version, each.enrolled_at, each.photos) for each in history(old)] == [(1, MONDAY, 2)]
    again = renewed([portrayal("a", 0, 1)], old, cipher, TUESDAY)
    assert again
    assert [each.version for each in again.history] == [1, 2]


def test_the_same_photos_in_other_files_make_no_version_but_are_known_from_then_on(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0, source=b"before"))
    found = renewed([portrayal("a", 1, 0, source=b"after")], stood, cipher, TUESDAY)
    assert found
    assert found.templates[0].source == b"after"
    assert msgspec.structs.replace(found, templates=stood.templates) == stood
    assert found.templates[0].sealed == stood.templates[0].sealed


def test_nobody_looked_nothing_changes(cipher: TemplateCipher) -> None:
    assert renewed([], enrolled(cipher, portrayal("a", 1, 0)), cipher, TUESDAY) is None


def test_while_a_class_runs_an_engine_that_was_not_enrolled_again_keeps_its_template(cipher: TemplateCipher) -> None:
    stood = enrolled(cipher, portrayal("a", 1, 0), portrayal("b", 1, 0))
    found = enrolled(cipher, portrayal("b", 0, 1), stood=stood)
    hour = ClassHour(
        section="A",
        hall="H",
        date=MONDAY.date(),
        period=1,
        starts_at=MONDAY - timedelta(minutes=10),
        ends_at=MONDAY + timedelta(minutes=40),
    )
    assert templates_at(found, hour) == (1, stood.templates)


def test_the_source_changes_with_the_files_their_order_the_person_and_the_key(
    cipher: TemplateCipher, tmp_path: Path
) -> None:
    files = []
    for name in "ab":
        (tmp_path / name).write_text(name)
        files.append(tmp_path / name)
    sources = [
        source_of("1001", files, cipher),
        source_of("1001", files[::-1], cipher),
        source_of("1001", files[:1], cipher),
        source_of("1002", files, cipher),
        source_of("1001", files, TemplateCipher.create(tmp_path / "other")),
    ]
    assert len(set(sources)) == 5
    assert source_of("1001", files, cipher) == sources[0]
    assert source_of("1001", [tmp_path / "gone"], cipher) == b""
