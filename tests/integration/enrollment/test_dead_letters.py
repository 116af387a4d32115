"""Dead letters are listed, shown and sent again as they were."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from infra.operations.dead_letters.dead_letter_queue import Dealt, dealt_with
from infra.operations.site.await_processing import WaitingLetters, await_processing
from infra.operations.site.site_status import site_status
from schemas.cluster import consumer, end_offsets, send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.errors import RefusedError
from schemas.partitions import partition_of
from schemas.settings import Settings

Naul = Callable[..., Result]

HEADERS = [("hall", b"E101"), ("camera", b"front"), ("camera", b"twice"), ("captured_at", b"1775520040000000")]


@pytest.fixture
def letters(site: Settings) -> None:
    """Two frames that were refused."""
    records = []
    for offset, value in enumerate([b"\x89PNG and more", None]):
        place = RecordPlace(site.topic("frames"), 2, offset)
        letter = dead_letter(place, b"E101/front", value, HEADERS, "a PNG, not a JPEG", "recognise")
        records.append((site.topic("dead-letters"), letter.key, letter.value, None, letter.headers))
    send(site, records)  # type: ignore[arg-type]


def frames(site: Settings) -> list[Any]:
    client = consumer(site)
    try:
        ends = end_offsets(client, site.topic("frames"))
        client.assign(list(ends))
        client.seek_to_beginning(*ends)
        found: list[Any] = []
        while any(client.position(each) < end for each, end in ends.items()):
            for batch in client.poll(timeout_ms=200).values():
                found += batch
        return found
    finally:
        client.close()


@pytest.mark.usefixtures("letters")
def test_they_are_listed_with_their_reason_and_place(run: Naul) -> None:
    output = " ".join(run("dead-letters", "list").output.split())
    assert "recognise E101/twice captured 2026-04-07 09:00:40 a PNG, not a JPEG" in output


@pytest.mark.usefixtures("letters")
def test_the_reason_is_told_in_the_language_of_the_site(run: Naul, site: Settings) -> None:
    text = (site.home / "naul.toml").read_text("utf-8")
    (site.home / "naul.toml").write_text(f'{text}language = "ko"\n', "utf-8")
    assert "JPEG가 아닙니다(PNG)" in run("dead-letters", "list").output


@pytest.mark.usefixtures("letters")
def test_one_is_shown_with_headers_size_and_bytes_and_saved(run: Naul, tmp_path: Path) -> None:
    result = run("dead-letters", "show", "0", "--output", str(tmp_path / "bytes"))
    assert "original-hall" in result.output
    assert "2026-04-07 09:00:40 (1775520040000000)" in result.output
    assert "13 bytes" in result.output
    assert "000000  89 50 4e 47 20 61 6e 64 20 6d 6f 72 65           .PNG and more" in result.output
    assert (tmp_path / "bytes").read_bytes() == b"\x89PNG and more"


@pytest.mark.usefixtures("letters")
def test_one_is_sent_again_as_it_was(run: Naul, site: Settings) -> None:
    output = run("dead-letters", "retry", "0").output
    assert output.startswith("Sent 1 again.\nOnce `naul wait` is through, `naul dead-letters list` shows")
    (frame,) = frames(site)
    assert (frame.partition, frame.key, frame.value) == (
        partition_of("E101/front", 4),
        b"E101/front",
        b"\x89PNG and more",
    )
    assert list(frame.headers) == HEADERS


@pytest.mark.usefixtures("letters")
def test_all_are_sent_again_without_an_offset(run: Naul, site: Settings) -> None:
    assert run("dead-letters", "retry").output.startswith("Sent 2 again.\n")
    assert [each.value for each in frames(site)] == [b"\x89PNG and more", None]


def test_an_empty_topic_is_good_news(run: Naul) -> None:
    assert run("dead-letters", "list").output == "No dead letters.\n"


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("words", [("show", "7"), ("retry", "7")])
def test_an_unknown_offset_is_refused(run: Naul, site: Settings, words: tuple[str, str]) -> None:
    result = run("dead-letters", *words)
    assert isinstance(result.exception, RefusedError)
    assert result.exception.message == "there is no dead letter 7"
    assert frames(site) == []


@pytest.mark.usefixtures("letters")
def test_what_nobody_can_mend_is_dismissed_and_can_still_be_looked_at(run: Naul, site: Settings) -> None:
    assert "Dismissed 2." in run("dead-letters", "dismiss").output
    assert "PNG" not in run("dead-letters", "list").output
    assert "PNG" in run("dead-letters", "list", "--all").output
    assert frames(site) == []
    assert "Dismissed 0." in run("dead-letters", "dismiss").output


@pytest.mark.usefixtures("letters")
def test_what_was_sent_again_does_not_wait_any_more(run: Naul) -> None:
    run("dead-letters", "retry")
    assert run("dead-letters", "retry").output == "Sent 0 again.\n"
    assert run("dead-letters", "list").output == "No dead letters.\n"
    assert "a PNG" in run("dead-letters", "list", "--all").output


def numbers(run: Naul) -> list[str]:
    """Of the letters that are listed."""
    return [line.split()[0] for line in run("dead-letters", "list").output.splitlines() if "recognise" in line]


@pytest.mark.usefixtures("letters")
def test_one_that_was_sent_again_waits_again_as_another_if_it_is_refused_again(run: Naul, site: Settings) -> None:
    run("dead-letters", "retry", "0")
    assert numbers(run) == ["1"]
    place = RecordPlace(site.topic("frames"), 2, 7)
    again = dead_letter(place, b"E101/front", b"\x89PNG and more", HEADERS, "a PNG, not a JPEG", "recognise")
    send(site, [(site.topic("dead-letters"), again.key, again.value, None, again.headers)])
    assert numbers(run) == ["1", "2"]
    assert run("dead-letters", "retry").output.startswith("Sent 2 again.")
    assert numbers(run) == []


@pytest.mark.usefixtures("letters")
def test_one_is_dismissed_and_the_others_wait_on(run: Naul, site: Settings) -> None:
    assert "Dismissed 1." in run("dead-letters", "dismiss", "1").output
    assert numbers(run) == ["0"]
    assert dealt_with(site) == Dealt(0, frozenset({1}))
    waiting = await_processing(site, timeout=timedelta(seconds=60), report=lambda *_: None)
    assert waiting == WaitingLetters(1, (("a PNG, not a JPEG", 1),))
    assert site_status(site, datetime.now(UTC)).dead_letters == 1
    assert "Dismissed 0." in run("dead-letters", "dismiss", "1").output
    assert "Dismissed 1." in run("dead-letters", "dismiss", "0").output
    assert (numbers(run), dealt_with(site)) == ([], Dealt(2))
    assert isinstance(run("dead-letters", "dismiss", "7").exception, RefusedError)
