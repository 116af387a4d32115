"""What a site needs is added up from what was measured, and the README says the same."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from infra.operations.site.site_plan import Bottleneck, Costs, Load, Machine, MeasuredCost, SitePlan, costs, plan_site
from schemas.settings import Settings
from tests.benchmarks.__main__ import PARTS

HOUSE = Path(__file__).parents[4]
SIZES = (Load(1, 5, 100), Load(30, 5, 2_000), Load(500, 5, 30_000))


def round_costs(**changes: float) -> Costs:
    """Costs that one can add up in one's head: a core-second a frame, and nothing else."""
    found = {name: MeasuredCost(changes.get(name, 0.0), "", "") for name in Costs.__struct_fields__}
    return Costs(**found)


def test_looking_is_planned_with_seven_tenths_of_a_core() -> None:
    plan = plan_site(Load(7, 1, 100), Settings(), known=round_costs(look=1))
    assert plan.frames == 7
    assert [each.cores for each in plan.needs if each.part == "recognise"] == [pytest.approx(10)]
    assert (plan.machines, plan.brokers, plan.copies) == (1, 1, 1)
    assert plan.bottleneck == Bottleneck("cores", "recognise", pytest.approx(1))


def test_more_faces_cost_the_share_that_grows_with_them() -> None:
    known = round_costs(look=1, look_faces=0.5)
    few, many = (plan_site(Load(7, 1, 100, seats=each), Settings(), known=known).cores for each in (40, 80))
    assert many == pytest.approx(1.5 * few)


def test_what_needs_several_machines_has_three_copies_and_as_many_brokers_as_their_network_asks_for() -> None:
    plan = plan_site(Load(100, 1, 100), Settings(), known=round_costs(look=1, frame_bytes=1e6))
    assert (plan.brokers, plan.copies) == (6, 3)
    assert plan.a_day["frames"] == pytest.approx(100 * 8 * 3600 * 1e6 * 3 / 1e9)
    assert plan.network == pytest.approx(400), "written, copied twice, read"
    assert 5 < plan.network / (0.7 * Machine().network) < 6


def test_what_is_kept_follows_the_settings_and_the_disk_is_named_where_it_is_the_bottleneck() -> None:
    known, load = round_costs(frame_bytes=1e6), Load(10, 1, 100)
    short, long = (plan_site(load, Settings(keep_frames=timedelta(days=days)), known=known) for days in (1, 8))
    assert long.kept["frames"] / long.a_day["frames"] == pytest.approx(9), "a segment goes as a whole"
    assert short.machines < long.machines
    assert long.bottleneck == Bottleneck("disk", "frames", pytest.approx(1))


def test_every_cost_says_by_which_command_it_was_measured() -> None:
    for name, cost in msgspec.structs.asdict(costs()).items():
        assert cost.value > 0, name
        command, _, part = cost.command.partition("make bench PART=")
        assert part in PARTS or command.startswith(("by hand", "docs/", "python -m tests.benchmarks.")), name


def row(load: Load, plan: SitePlan) -> str:
    cells = [
        f"{load.halls}, {load.students:,}",
        f"{plan.frames:.1f}",
        f"{plan.brokers} × {plan.copies}",
        f"{plan.frame_partitions}, {plan.partitions}",
        *(f"{each.cores:.1f}, {each.memory:.1f}" for each in plan.needs[:3]),
        f"{plan.cores:.1f}, {plan.memory:.1f}",
        f"{sum(plan.a_day.values()):,.0f}, {sum(plan.kept.values()):,.0f}",
        f"{plan.machines}",
        f"{plan.bottleneck.resource}: {plan.bottleneck.part}",
    ]
    return f"| {' | '.join(cells)} |"


def test_the_readme_shows_the_plan_of_three_sites() -> None:
    table = "\n".join(row(load, plan_site(load, Settings())) for load in SIZES)
    assert table in (HOUSE / "README.md").read_text("utf-8"), f"it should say:\n{table}"
