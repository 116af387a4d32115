"""Consent is on record with photos or without, is taken back with all templates, and can be given anew."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from enrollment.consent import Consent, consent_of, taken_back_since, with_consent, without_consent
from enrollment.erasure import erasure_of
from enrollment.history import face_versions
from schemas.messages import Enrollment, EnrollmentTemplate, EnrollmentVersion

NINE = datetime(2026, 3, 9, tzinfo=UTC)
TEMPLATE = EnrollmentTemplate(engine="paper@1", photos=2, sealed=b"x")


def at(hours: int) -> datetime:
    return NINE + timedelta(hours=hours)


def photographed(stood: Enrollment | None, hours: int) -> Enrollment:
    """Return an enrolment with photos after what stood, as ``portrayals.renewed`` makes it."""
    version = stood.version + 1 if stood else 1
    said = EnrollmentVersion(version=version, enrolled_at=at(hours), engines=("paper@1",), photos=2, by="lee")
    return Enrollment(
        student_id="2001", version=version, enrolled_at=at(hours), consent_on_file=True, templates=(TEMPLATE,),
        history=(*(stood.history if stood else ()), said),
    )  # fmt: skip


def test_consent_without_photos_is_on_record_and_is_no_enrolment() -> None:
    given = with_consent("2001", None, NINE, "kim")
    assert given is not None
    assert (given.version, given.templates, given.consent_on_file) == (0, (), True)
    assert consent_of(given) == Consent(True, NINE, "kim")
    assert with_consent("2001", given, at(1), "lee") is None, "it is there already"
    enrolled = photographed(given, 2)
    assert enrolled.version == 1
    assert consent_of(enrolled) == Consent(True, NINE, "kim"), "photos are no other consent"
    assert [each.enrolled_at for each in face_versions(enrolled)] == [at(2)]


def test_consent_that_is_taken_back_leaves_no_template() -> None:
    enrolled = replace(photographed(None, 0), previous=(TEMPLATE,))
    back = without_consent(enrolled, at(1), "kim")
    assert back is not None
    assert (back.version, back.templates, back.previous, back.consent_on_file) == (2, (), (), False)
    assert consent_of(back) == Consent(False, at(1), "kim")
    assert [each.consent for each in back.history] == [None, False]
    assert without_consent(back, at(2), "kim") is None
    assert without_consent(None, at(2), "kim") is None
    assert consent_of(None) is None
    again = with_consent("2001", back, at(3), "lee")
    assert again is not None
    assert consent_of(photographed(again, 4)) == Consent(True, at(3), "lee")
    assert consent_of(photographed(back, 4)) == Consent(True, at(4), "lee")
    assert [each.enrolled_at for each in face_versions(photographed(back, 4))] == [at(4)]


def test_an_enrolment_that_kept_no_history_has_consent_since_it_stands() -> None:
    old = replace(photographed(None, 0), history=())
    assert consent_of(old) == Consent(True, NINE, "")
    back = without_consent(old, at(1), "kim")
    assert back is not None
    assert [each.consent for each in back.history] == [None, False]


def test_photos_whose_consent_is_older_than_its_withdrawal_are_known() -> None:
    back = without_consent(photographed(None, 0), at(2), "kim")
    assert taken_back_since(back, at(1))
    assert not taken_back_since(back, at(3))
    assert not taken_back_since(back, None)
    assert not taken_back_since(photographed(None, 0), NINE - timedelta(days=1))
    assert not taken_back_since(None, at(1))


def test_consent_alone_is_something_to_erase() -> None:
    given = with_consent("2001", None, NINE, "kim")
    assert given is not None
    assert not erasure_of("2001", {"2001": given}, [], [], {}).nothing
