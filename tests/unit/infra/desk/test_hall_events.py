"""Which parts of a live page are sent."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.desk.hall_events import LivePages, PageChanges, Positions

TILES = {"tiles": "<ol>ab</ol>", "s-a": "<li>a</li>", "s-b": "<li>b</li>"}


def changes(boot: str = "1") -> tuple[Positions, PageChanges]:
    numbers = Positions(boot)
    return numbers, PageChanges(numbers)


def test_what_did_not_change_is_not_sent() -> None:
    numbers, page = changes()
    assert page.update({"totals": "1"} | TILES)
    before = numbers.now
    assert not page.update({"totals": "1"} | TILES)
    assert page.since(before) == []


def test_one_tile_that_changed_is_sent_alone() -> None:
    numbers, page = changes()
    page.update(TILES)
    before = numbers.now
    page.update(TILES | {"tiles": "<ol>Ab</ol>", "s-a": "<li>A</li>"})
    assert page.since(before) == ["<li>A</li>"]


def test_if_somebody_came_or_went_or_the_order_changed_all_tiles_are_sent_as_one() -> None:
    numbers, page = changes()
    page.update(TILES)
    before = numbers.now
    page.update({"tiles": "<ol>b</ol>", "s-b": "<li>B</li>"})
    assert page.since(before) == ["<ol>b</ol>"]


def test_a_page_of_another_process_gets_everything() -> None:
    numbers, page = changes("2")
    page.update({"totals": "1"} | TILES)
    for position in ("1-99", "", "nonsense", "2-x", "2--1", "2-²", "2-" + "9" * 5000):
        assert page.since(position) == ["1", "<ol>ab</ol>"], position
    assert page.since(numbers.now) == []


names = st.sampled_from(["totals", "health", "s-a", "s-b", "s-c"])
states = st.dictionaries(names, st.text(max_size=2), max_size=5)


@given(st.lists(states, min_size=1, max_size=8), st.data())
def test_whoever_was_cut_off_anywhere_ends_with_the_same_page(
    history: list[dict[str, str]], data: st.DataObject
) -> None:
    """A page is its parts; sent ones replace those that it has, and the whole brings what stands inside."""
    numbers, page = changes()
    seen = dict[int, str]()
    for n, state in enumerate(history):
        inside = {name: html for name, html in state.items() if name.startswith("s-")}
        page.update(state | {"tiles": repr(sorted(inside.items()))})
        seen[n] = numbers.now
    cut = data.draw(st.integers(0, len(history) - 1))
    shown = history[cut]
    last = history[-1]
    sent = page.since(seen[cut])
    changed = {name for name, html in last.items() if shown.get(name) != html}
    others = [name for name in last if name.startswith("s-")] != [name for name in shown if name.startswith("s-")]
    for name in changed:
        if name.startswith("s-") and others:
            assert any(each.startswith("[") for each in sent)
        else:
            assert last[name] in sent or any(each.startswith("[") for each in sent)


async def first(events: AsyncIterator[tuple[str, str]]) -> tuple[str, str]:
    return await anext(events)


@pytest.mark.asyncio
async def test_a_page_is_rendered_once_for_all_who_watch_it_and_let_go_of_after_the_last() -> None:
    rendered = list[int]()
    said = {"totals": "1"}

    def render() -> Mapping[str, str]:
        rendered.append(1)
        return dict(said)

    pages = LivePages("1")
    one, two = (pages.watch("key", ["E101"], render, "") for _ in range(2))
    assert [html for _, html in await asyncio.gather(first(one), first(two))] == ["1", "1"]
    assert len(rendered) == 1
    said["totals"] = "2"
    pages.changed(["B12"])
    pages.changed(["E101"])
    (position, html), _ = await asyncio.gather(first(one), first(two))
    assert (html, position) == ("2", pages.positions.now)
    await one.aclose()
    await two.aclose()
    assert pages._pages == {}
    again = pages.watch("key", ["E101"], render, position)
    assert (await first(again))[1] == "2", "what is rendered anew is newer than what was seen"
    await again.aclose()


@pytest.mark.asyncio
async def test_a_page_that_cannot_be_rendered_is_tried_again() -> None:
    tries, failed = list[int](), threading.Event()

    def render() -> Mapping[str, str]:
        tries.append(1)
        if len(tries) == 1:
            failed.set()
            raise RuntimeError("the store is away")
        return {"totals": "1"}

    pages = LivePages("1")
    events = pages.watch("key", ["E101"], render, "")
    waiting = asyncio.ensure_future(first(events))
    await asyncio.to_thread(failed.wait)
    pages.changed([])
    assert (await waiting)[1] == "1"
    await events.aclose()
