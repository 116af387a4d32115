"""An enrolment sealed anew holds the same templates under the key that seals."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrollment.resealing import resealed, seals_of
from schemas.messages import Enrollment, EnrollmentTemplate
from streams.faces.key_file import add_key
from streams.faces.template_cipher import TemplateCipher, template_context

AT = datetime(2026, 11, 23, tzinfo=UTC)
VECTOR = np.linspace(-1, 1, 8, dtype=np.float32)


@pytest.fixture
def cipher(tmp_path: Path) -> TemplateCipher:
    return TemplateCipher.create(tmp_path / "key")


def enrolled(cipher: TemplateCipher) -> Enrollment:
    one, other = (
        EnrollmentTemplate(engine=engine, photos=2, sealed=cipher.seal(VECTOR, template_context("1001", engine)))
        for engine in ("a", "b")
    )
    return Enrollment(
        student_id="1001", version=3, enrolled_at=AT, consent_on_file=True, templates=(one, other), previous=(one,)
    )


def test_every_template_is_sealed_anew_and_nothing_else_changes(cipher: TemplateCipher, tmp_path: Path) -> None:
    before = enrolled(cipher)
    fresh, old = add_key(tmp_path / "key", lambda: AT).sealing
    after = resealed(before, cipher)
    assert after
    assert (seals_of(before), seals_of(after)) == ([old.id] * 3, [fresh.id] * 3)
    assert (after.version, after.history, after.student_id) == (before.version, before.history, before.student_id)
    for each in (*after.templates, *after.previous):
        np.testing.assert_array_equal(cipher.open_sealed(each.sealed, template_context("1001", each.engine)), VECTOR)


def test_what_is_sealed_by_the_key_that_seals_is_left_alone(cipher: TemplateCipher) -> None:
    assert resealed(enrolled(cipher), cipher) is None


def test_what_no_key_opens_is_left_alone(cipher: TemplateCipher, tmp_path: Path) -> None:
    assert resealed(enrolled(TemplateCipher.create(tmp_path / "lost")), cipher) is None
