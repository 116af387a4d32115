"""What an enrolment becomes when people are enrolled again."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrollment.templates import Portrayal, known, record, renewed
from schemas.messages import Enrollment, decode
from schemas.settings import Settings
from streams.faces.templates import Template
from streams.faces.vault import Vault

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(tmp_path / "key")


def portrayal(engine: str, *vector: float, photos: int = 2) -> Portrayal:
    template = Template(np.array(vector, np.float32), photos) if vector else None
    return Portrayal(student_id="1001", engine=engine, template=template, photos=())


def enrolled(vault: Vault, *portrayals: Portrayal, stood: Enrollment | None = None) -> Enrollment:
    found = renewed(portrayals, stood, vault, MONDAY)
    assert found is not None
    return found


def test_the_first_enrolment_is_version_one_with_the_consent_recorded(vault: Vault) -> None:
    found = enrolled(vault, portrayal("a", 1, 0))
    assert (found.student_id, found.version, found.enrolled_at) == ("1001", 1, MONDAY)
    assert found.consent_on_file
    assert found.previous == ()


def test_the_same_template_again_changes_nothing(vault: Vault) -> None:
    stood = enrolled(vault, portrayal("a", 1, 0))
    assert renewed([portrayal("a", 1, 1e-7)], stood, vault, TUESDAY) is None


@pytest.mark.parametrize("again", [portrayal("a", 0, 1), portrayal("a", 1, 0, photos=3)])
def test_another_template_is_the_next_version_and_the_one_before_is_kept(vault: Vault, again: Portrayal) -> None:
    stood = enrolled(vault, portrayal("a", 1, 0))
    found = enrolled(vault, again, stood=stood)
    assert found.version == 2
    assert found.previous == stood.templates
    assert len(found.templates) == 1


def test_an_engine_that_did_not_look_keeps_its_template(vault: Vault) -> None:
    stood = enrolled(vault, portrayal("a", 1, 0), portrayal("b", 1, 0))
    found = enrolled(vault, portrayal("b", 0, 1), stood=stood)
    assert found.templates[0] == stood.templates[0]
    assert [each.engine for each in found.previous] == ["b"]


def test_photos_that_cannot_be_used_leave_what_stood(vault: Vault) -> None:
    stood = enrolled(vault, portrayal("a", 1, 0))
    assert renewed([portrayal("a")], stood, vault, TUESDAY) is None
    assert renewed([portrayal("a")], None, vault, TUESDAY) is None


def test_a_template_sealed_with_a_lost_key_is_replaced_and_named(vault: Vault, tmp_path: Path) -> None:
    stood = enrolled(Vault.create(tmp_path / "lost"), portrayal("a", 1, 0))
    assert known([stood], "a", vault) == ([], ["1001"])
    again = enrolled(vault, portrayal("a", 1, 0), stood=stood)
    ((found,), closed) = known([again], "a", vault)
    assert (found.student_id, found.photos, closed) == ("1001", 2, [])
    assert found.vector.tolist() == [1, 0]


def test_an_engine_knows_only_its_own_templates(vault: Vault) -> None:
    assert known([enrolled(vault, portrayal("a", 1, 0))], "b", vault) == ([], [])


def test_an_enrolment_travels_under_its_student(vault: Vault) -> None:
    stood = enrolled(vault, portrayal("a", 1, 0))
    name, key, value, partition, _ = record(Settings(prefix="site"), stood)
    assert (name, key, partition) == ("site-enrollments", b"1001", None)
    assert decode(value, Enrollment) == stood
