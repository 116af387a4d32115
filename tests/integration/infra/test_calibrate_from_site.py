"""``naul calibrate --from-site``: center and spread from what the cameras of a site saw."""

import msgspec
import pytest

from infra.operations.engines.calibrate import from_hours
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import Observation, encode
from schemas.settings import Settings
from streams.faces.calibration import calibration_file
from streams.faces.engines import load_engine
from tests.contract.engines import graphs
from tests.unit.infra.operations.test_site_units import hour


def saw(site: Settings, *seen: Observation) -> None:
    send(site, [(site.topic("sightings"), each.hall.encode(), encode(each), 0, None) for each in seen])


def test_only_class_hours_that_this_engine_saw_count(site: Settings) -> None:
    graphs.put(site.home / "engines" / "tiny", "tiny", graphs.pixels())
    stood = "center = 0.5\nspread = 0.1\nseveral = [4, 1, -3, -6]\nsingle = [3, 1, -3, -5]\n"
    calibration_file("tiny", site.home).write_text(stood, "utf-8")
    engine = load_engine("tiny", site.home)

    def by(name: str, *seen: Observation) -> list[Observation]:
        return [msgspec.structs.replace(each, engine=name) for each in seen]

    saw(site, *by(engine.id, *hour(1)), *by("other@1-00", *hour(2)))
    saw(site, *(msgspec.structs.replace(each, class_hour=None) for each in by(engine.id, *hour(3))))
    send(site, [(site.topic("sightings"), b"E101", b"no message", 0, None)])
    with pytest.raises(RefusedError, match=r"2 are needed: 1 are missing"):
        from_hours(engine, site)

    saw(site, *by(f"{engine.id}+q8", *hour(4, center=0.89)))
    fresh = from_hours(engine, site)
    assert (fresh.calibration.center, fresh.calibration.spread) == pytest.approx((0.88, 0.03), abs=0.002)
    assert fresh.calibration.several == engine.calibration.several
    assert fresh.data.startswith("2 class hours of the site")
