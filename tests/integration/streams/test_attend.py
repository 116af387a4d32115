"""``attend`` on a real Kafka: whatever happens on the way, the rows are those of the pure judgement."""

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from infra.machine.compaction import roll
from infra.machine.lag import RETRIED, Cluster
from schemas.cluster import Record, send
from schemas.messages import (
    Attendance,
    Candidate,
    Coverage,
    Enrollment,
    EnrollmentTemplate,
    Forget,
    Mark,
    MarkBatch,
    Presence,
    Roster,
    Student,
    Tick,
    decode,
    encode,
)
from schemas.partitions import partition_of
from schemas.rivals import rival_in
from schemas.settings import Settings
from tests.integration.streams.paper_hall import ENGINE, HOUR, OVER, PARTITIONS, SOURCES, STARTS, Hall, told


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(site)
    made.prepare()
    return made


def test_a_class_hour_comes_out_as_the_pure_judgement_says(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    rows = hall.rows()
    assert told(rows) == hall.expected(hall.observations)
    verdicts = [row.verdict for _, row in sorted(rows.items())]
    assert verdicts[:5] == ["late", "left_early", "present", "absent", "present"]
    assert {row.final for row in rows.values()} == {True}
    assert rows[hall.lecture.names[2]].absences
    assert attend.stop() == 0


def test_killed_in_mid_stream_with_duplicates_in_any_order_the_rows_are_the_same(hall: Hall, worker: Any) -> None:
    shuffled = [*hall.observations, *random.Random(5).sample(hall.observations, 20)]
    random.Random(7).shuffle(shuffled)
    attend = worker("attend").start()
    hall.tell(*shuffled)
    attend.until(SOURCES, lambda left: left < len(shuffled) - 5)
    attend.kill()
    attend.start()
    attend.until(SOURCES, lambda left: left < len(shuffled) // 3)
    attend.kill()
    hall.tell(*shuffled[:10], OVER)
    attend.start()
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)


def test_what_only_has_kafka_end_a_segment_says_nothing_to_attend(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations[:30])
    attend.until(SOURCES)
    attend.stop()
    roll(hall.settings)
    attend.start()
    hall.tell(*hall.observations[30:], OVER)
    attend.until(SOURCES)
    roll(hall.settings)
    assert told(hall.rows()) == hall.expected(hall.observations)
    assert attend.stop() == 0


def test_a_mark_wins_over_the_camera_and_keeps_who_when_why(hall: Hall, worker: Any) -> None:
    student, away = hall.lecture.names[3], hall.lecture.names[1]
    batch = MarkBatch(
        id="m1", class_hour=HOUR.id, hall="E101", kind="mark", by="prof.kim", at=HOUR.ends_at, reason="병원",
        marks=(Mark(student_id=student, verdict="present"), Mark(student_id=away, verdict="official_leave")),
    )  # fmt: skip
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    hall.tell(batch, name="marks")
    attend.until(SOURCES)
    assert hall.rows()[away].verdict == "official_leave"
    row = hall.rows()[student]
    assert (row.verdict, row.source, row.reason, row.marked_at) == ("present", "prof.kim", "병원", HOUR.ends_at)
    marked, unmarked = told(hall.rows()), hall.expected(hall.observations)
    for name, wanted in hall.expected(hall.observations, [batch]).items():
        assert marked[name] == (wanted if name in (student, away) else unmarked[name]), "of the others nothing is told"


def test_late_frames_revise_a_closed_hour(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations[:30], OVER)
    attend.until(SOURCES)
    before = hall.rows()
    assert told(before) == hall.expected(hall.observations[:30])
    hall.tell(*hall.observations[30:], OVER)
    attend.until(SOURCES)
    after = hall.rows()
    assert told(after) == hall.expected(hall.observations)
    assert all(after[name].version > row.version for name, row in before.items())


def test_presence_that_later_facts_contradict_is_taken_back(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    noon = STARTS + timedelta(minutes=20)
    blind = [
        msgspec.structs.replace(each, faces=()) if each.captured_at >= noon else each for each in hall.observations
    ]
    hall.tell(*blind, OVER)
    attend.until(SOURCES)
    assert "present" not in {each.verdict for each in hall.rows().values()}
    newer = tuple(Candidate(student_id=name, version=2) for name in hall.lecture.names)
    hall.tell(*(msgspec.structs.replace(each, candidates=newer) for each in hall.observations), OVER)
    attend.until(SOURCES)
    events = latest(hall.settings)
    standing = {(each.student_id, each.at) for each in events if each.kind == "departed" and not each.retracted}
    assert standing == {(name, away.departed_at) for name, row in hall.rows().items() for away in row.absences}
    assert [each for each in events if each.retracted]


def latest(settings: Settings) -> list[Presence]:
    """Every presence event as it stands after all versions."""
    with Cluster(settings) as cluster:
        said = [decode(record.value, Presence) for record in cluster.last("presence", 100_000)]
    return list({each.id: each for each in sorted(said, key=lambda each: each.version)}.values())


def test_a_person_who_asks_to_be_forgotten_is_in_nothing_that_stays(hall: Hall, worker: Any) -> None:
    student = hall.lecture.names[4]
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    roster = tuple(
        Student(student_id=each.student_id, name="학생") for each in hall.lecture.people if each.student_id != student
    )
    send(hall.settings, [
        (hall.settings.topic("rosters"), b"EA0017-1", encode(Roster(section="EA0017-1", students=roster)), None, None),
        (hall.settings.topic("enrollments"), student.encode(), None, None, None),
    ])  # fmt: skip
    told = encode(Forget(student_id=student))
    send(hall.settings, [(hall.settings.topic("sightings"), b"x", told, p, None) for p in range(PARTITIONS)])
    attend.until(SOURCES)
    assert student not in hall.rows()
    assert len(hall.rows()) == len(roster)
    last: dict[tuple[int, bytes], bytes | None] = {}
    with Cluster(hall.settings) as cluster:
        for record in cluster.last("attend-facts-changelog", 100_000):
            last[record.partition, record.key] = record.value  # each partition is replayed by itself
    assert not [key for key, value in last.items() if value and student.encode() in value]
    other = hall.lecture.names[5]
    mark = MarkBatch(
        id="after", class_hour=HOUR.id, hall="E101", kind="mark", by="prof.kim", at=HOUR.ends_at,
        marks=(Mark(student_id=other, verdict="absent"),),
    )  # fmt: skip
    hall.tell(mark, name="marks")
    attend.until(SOURCES)
    assert hall.rows()[other].verdict == "absent", "versions never fall, so a later mark still wins"


def test_whoever_was_too_like_a_forgotten_person_is_not_told_with_his_name_when_the_facts_are_gone(
    site: Settings, worker: Any
) -> None:
    hall = Hall(site, twins=(4, 6))
    hall.prepare()
    student, other = hall.lecture.names[4], hall.lecture.names[6]
    attend = worker("attend").start()
    hall.tell(
        *hall.observations, *(Tick(hall="E101", at=OVER.at + timedelta(days=each), complete=True) for each in (0, 4, 5))
    )
    attend.until(SOURCES)
    before = hall.rows()
    assert rival_in(before[other].reason) == student
    hall.tell(Tick(hall="E101", at=OVER.at + timedelta(days=6)))  # by which a recording may still be coming in
    mark = MarkBatch(
        id="m", class_hour=HOUR.id, hall="E101", kind="mark", by="prof.kim", at=HOUR.ends_at,
        marks=(Mark(student_id=other, verdict="present"),),
    )  # fmt: skip
    hall.tell(mark, name="marks")
    attend.until(SOURCES)
    value = encode(Forget(student_id=student))
    send(site, [(site.topic("sightings"), b"x", value, p, None) for p in range(PARTITIONS)])
    attend.until(SOURCES)
    with Cluster(site) as cluster:
        changelog = {(each.partition, each.key): each.value for each in cluster.last("attend-facts-changelog", 100_000)}
    assert not [key for key, value in changelog.items() if value and student.encode() in value]
    row = hall.rows()[other]
    assert student not in str(row)
    assert (row.verdict, row.doubts, row.version > before[other].version) == ("present", ("too_alike",), True)
    assert row.judged
    assert "somebody else was seen" in row.judged.reason
    back = msgspec.structs.replace(
        mark, id="n", at=mark.at + timedelta(minutes=1), marks=(Mark(student_id=other, verdict="as_judged"),)
    )
    hall.tell(mark, back, name="marks")
    attend.until(SOURCES)
    row = hall.rows()[other]
    assert (row.verdict, student in str(row)) == ("unobserved", False), "a later mark is still taken"


def test_while_his_hour_runs_who_was_forgotten_keeps_a_row_for_as_long_as_he_is_on_the_roster(
    hall: Hall, worker: Any
) -> None:
    """His row is erased, and then said anew although nothing in it is: it is there for whoever reads all of them."""
    student = hall.lecture.names[4]
    attend = worker("attend").start()
    hall.tell(*hall.observations[:30], Tick(hall="E101", at=hall.observations[29].captured_at))
    attend.until(SOURCES)
    before = hall.rows()
    assert set(before) == set(hall.lecture.names)
    send(hall.settings, [(hall.settings.topic("enrollments"), student.encode(), None, None, None)])
    forget = encode(Forget(student_id=student))
    send(hall.settings, [(hall.settings.topic("sightings"), b"x", forget, p, None) for p in range(PARTITIONS)])
    attend.until(SOURCES)
    after = hall.rows()
    assert set(after) == set(hall.lecture.names)
    assert after[student].reason == "no face enrolled"
    assert all(after[name].version > row.version for name, row in before.items())


def test_a_worker_that_takes_over_a_running_hour_tells_all_of_it_once(hall: Hall, worker: Any) -> None:
    live = [msgspec.structs.replace(each, live=True) for each in hall.observations]
    attend = worker("attend").start()
    hall.tell(*live[:20])
    attend.until(SOURCES)
    before = hall.rows()
    attend.kill()
    attend.start()
    hall.tell(live[20])
    attend.until(SOURCES)
    after = hall.rows()
    assert {row.version for row in after.values()} == {max(row.version for row in after.values())}
    assert all(after[name].version > row.version for name, row in before.items())


def test_what_cannot_be_read_is_put_aside_and_the_stream_goes_on(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    place = partition_of("E101", PARTITIONS)
    bad: list[Record] = [
        (hall.settings.topic("sightings"), b"E101", value, place, [("hop", b"1")])
        for value in (b"\xff\xd8 no json", b'{"schema":"observation/9","hall":"E101"}', b'{"schema":"tick/1"}')
    ]
    send(hall.settings, bad)
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)
    with Cluster(hall.settings) as cluster:
        letters = [dict(record.headers) for record in cluster.last("dead-letters", 10)]
    letters.sort(key=lambda letter: int(letter["offset"]))  # messages are worked on side by side
    assert [letter["stage"] for letter in letters] == [b"attend"] * 3
    assert [letter["original-hop"] for letter in letters] == [b"1"] * 3
    reasons = [letter["reason"].decode() for letter in letters]
    assert "not a JSON object" in reasons[0]
    assert "unknown version: 'observation/9'" in reasons[1]
    assert "`hall`" in reasons[2]


def test_marks_are_taken_when_the_facts_are_long_forgotten(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    later = [Tick(hall="E101", at=OVER.at + timedelta(days=days), complete=True) for days in (0, 4, 5)]
    hall.tell(*hall.observations, *later)
    attend.until(SOURCES)
    before = hall.rows()
    attend.kill()
    attend.start()
    hall.tell(Tick(hall="E101", at=OVER.at + timedelta(days=6)))  # by which a recording may still be coming in
    student = hall.lecture.names[3]
    batch = MarkBatch(
        id="late", class_hour=HOUR.id, hall="E101", kind="mark", by="prof.kim", at=HOUR.ends_at, reason="병원",
        marks=(Mark(student_id=student, verdict="present"),),
    )  # fmt: skip
    hall.tell(batch, name="marks")
    attend.until(SOURCES)
    after = hall.rows()
    assert (after[student].verdict, after[student].source) == ("present", "prof.kim")
    assert after[student].version > before[student].version
    assert {name: row for name, row in after.items() if name != student} == {
        name: row for name, row in before.items() if name != student
    }
    back = msgspec.structs.replace(
        batch, id="back", at=batch.at + timedelta(minutes=1), marks=(Mark(student_id=student, verdict="as_judged"),)
    )
    hall.tell(back, batch, name="marks")
    attend.until(SOURCES)
    again = hall.rows()[student]
    assert msgspec.structs.replace(again, version=0, marked_at=None) == msgspec.structs.replace(
        before[student], version=0
    )
    assert again.version > after[student].version


def test_one_bad_enrolment_or_timetable_blinds_nobody(hall: Hall, worker: Any) -> None:
    broken = Enrollment(
        student_id=hall.lecture.names[4], version=2, enrolled_at=STARTS, consent_on_file=True,
        templates=(EnrollmentTemplate(engine=ENGINE, photos=1, sealed=b"\x02 sealed with another key, perhaps"),),
    )  # fmt: skip
    send(hall.settings, [
        (hall.settings.topic("enrollments"), b"stranger", b'{"schema":"enrollment/2"}', None, None),
        (hall.settings.topic("timetable"), b"E101|2031-01-01", b"no json", None, None),
        (hall.settings.topic("enrollments"), hall.lecture.names[4].encode(), encode(broken), None, None),
    ])  # fmt: skip
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    rows, expected = told(hall.rows()), hall.expected(hall.observations)
    unknown = hall.lecture.names[4]
    assert rows.pop(unknown)[0] == "unobserved"
    expected.pop(unknown)
    assert {name: row[0] for name, row in rows.items()} == {name: row[0] for name, row in expected.items()}
    with Cluster(hall.settings) as cluster:
        assert cluster.lag(RETRIED) == 0


def test_workers_that_come_and_go_lose_nothing(site: Settings, worker: Any) -> None:
    names = ["E101", "B12", "C7", "D300"]
    assert len({partition_of(name, PARTITIONS) for name in names}) > 1
    halls = [Hall(site, name, f"S{number}") for number, name in enumerate(names)]
    for each in halls:
        each.prepare()
    one, two = worker("attend", slot="1").start(), worker("attend", slot="2").start()
    for part in range(0, 50, 10):
        for each in halls:
            each.tell(*each.observations[part : part + 10])
        if part == 10:
            two.kill()
            two.start()
        if part == 30:
            one.stop()
            one.start()
    for each in halls:
        each.tell(msgspec.structs.replace(OVER, hall=each.name))
    one.until(SOURCES)
    for each in halls:
        assert told(each.rows()) == each.expected(each.observations)
    assert [one.stop(), two.stop()] == [0, 0]


def test_a_gap_that_retention_made_is_told_from_one_that_no_camera_filled(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    kept = [*hall.observations[:10], *hall.observations[20:30], *hall.observations[40:]]
    kept[10] = msgspec.structs.replace(kept[10], after_deleted=True)
    hall.tell(*kept, OVER)
    attend.until(SOURCES)
    with Cluster(hall.settings) as cluster:
        records = [decode(each.value, Attendance | Coverage) for each in cluster.last("attendance", 100_000)]
    last = [each for each in records if isinstance(each, Coverage)][-1]
    long = [each for each in last.gaps if each.ends_at - each.starts_at > timedelta(minutes=5)]
    assert [each.reason for each in long] == ["deleted", ""]
