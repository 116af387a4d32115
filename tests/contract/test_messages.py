"""Every message: its golden example, its JSON Schema, its readers."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders, sent_again
from schemas.generate import schemas as generated
from schemas.messages import (
    AS_JUDGED,
    MESSAGES,
    Attendance,
    CameraVerdict,
    Coverage,
    Mark,
    MarkBatch,
    Message,
    Presence,
    Sighting,
    Tick,
    Verdict,
    decode,
    encode,
)
from schemas.topics import all_topics

HERE = Path(schemas.__file__).parent
KINDS = [kind for kinds in MESSAGES.values() for kind in kinds]


def tag(kind: type[Message]) -> str:
    return str(kind.__struct_config__.tag)


def example(kind: type[Message]) -> bytes:
    return (HERE / "examples" / f"{tag(kind).replace('/', '.v')}.json").read_bytes()


@pytest.fixture(params=KINDS, ids=tag)
def kind(request: pytest.FixtureRequest) -> type[Message]:
    found: type[Message] = request.param
    return found


def test_the_example_is_read_and_written_back_as_it_was(kind: type[Message]) -> None:
    assert msgspec.json.decode(encode(decode(example(kind), kind))) == msgspec.json.decode(example(kind))


def test_the_example_keeps_its_json_schema(kind: type[Message]) -> None:
    schema = msgspec.json.decode((HERE / "json" / f"{tag(kind).replace('/', '.v')}.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(msgspec.json.decode(example(kind)))


def test_a_field_that_the_reader_does_not_know_is_passed_over(kind: type[Message]) -> None:
    newer = msgspec.json.decode(example(kind)) | {"added_in_a_later_year": [1, 2]}
    assert decode(msgspec.json.encode(newer), kind) == decode(example(kind), kind)


def test_a_version_that_the_reader_does_not_know_is_refused_by_name(kind: type[Message]) -> None:
    name = tag(kind).partition("/")[0]
    newer = msgspec.json.decode(example(kind)) | {"schema": f"{name}/99"}
    with pytest.raises(
        BadMessageError, match=re.escape(f"unknown version: '{name}/99', this reader knows {tag(kind)}")
    ):
        decode(msgspec.json.encode(newer), kind)


def test_each_required_field_is_missed_by_its_name(kind: type[Message]) -> None:
    whole: dict[str, Any] = msgspec.json.decode(example(kind))
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    for name in required:
        with pytest.raises(BadMessageError, match=f"`{name}`"):
            decode(msgspec.json.encode({key: value for key, value in whole.items() if key != name}), kind)


def test_the_committed_json_schemas_are_those_of_the_messages() -> None:
    committed = {file.name: msgspec.json.decode(file.read_bytes()) for file in (HERE / "json").iterdir()}
    assert committed == msgspec.json.decode(msgspec.json.encode(generated())), "run: python -m schemas.generate"


def test_every_topic_names_the_messages_that_it_carries() -> None:
    declared = {topic.name: set(topic.messages) for topic in all_topics() if topic.messages}
    assert declared == {name: {tag(kind) for kind in kinds} for name, kinds in MESSAGES.items()}


def test_what_an_older_naul_said_has_none_of_what_was_added_since() -> None:
    row: dict[str, Any] = msgspec.json.decode(example(Attendance))
    older = decode(
        msgspec.json.encode({name: row[name] for name in row if name not in ("judged", "doubts")}), Attendance
    )
    assert (older.judged, older.doubts) == (None, ())
    old = b'{"schema":"marks/1","id":"x","class_hour":"A|2026-03-09|1","hall":"E101","kind":"mark","by":"kim",'
    batch = decode(old + b'"at":"2026-03-09T00:05:00Z","marks":[{"student_id":"1001","verdict":"late"}]}', MarkBatch)
    assert batch.marks == (Mark(student_id="1001", verdict="late", confirmed=False, looks_like=None),)
    assert encode(batch).endswith(b'"marks":[{"student_id":"1001","verdict":"late"}]}'), "and is read by it again"


def test_what_a_mark_may_say_is_a_verdict_or_that_it_is_taken_back_and_nothing_else() -> None:
    schema = msgspec.json.decode((HERE / "json" / "marks.v1.json").read_bytes())
    assert set(schema["$defs"]["Mark"]["properties"]["verdict"]["enum"]) == {*get_args(Verdict), AS_JUDGED}
    mark = msgspec.json.decode(example(MarkBatch))
    mark["marks"][0]["verdict"] = "sick"
    with pytest.raises(BadMessageError, match=r"sick.*marks\[0\]\.verdict"):
        decode(msgspec.json.encode(mark), MarkBatch)


def test_a_verdict_of_the_camera_is_kept_beside_that_of_a_person() -> None:
    judged = CameraVerdict(verdict="unobserved", confidence=0.41, review=True, reason="somebody like him was seen")
    row = msgspec.structs.replace(decode(example(Attendance), Attendance), judged=judged, doubts=("like_him",))
    assert decode(encode(row), Attendance) == row
    schema = msgspec.json.decode((HERE / "json" / "attendance.v1.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(msgspec.json.decode(encode(row)))


@pytest.mark.parametrize("value", [None, b"", b"[]", b"\xff\xfe", b'{"schema": 7}', b'"tick/1"', b"{"])
def test_what_is_no_message_is_refused_and_not_a_crash(value: bytes | None) -> None:
    with pytest.raises(BadMessageError):
        decode(value, Sighting)


@given(st.binary(max_size=200))
def test_no_bytes_crash_a_reader(value: bytes) -> None:
    with pytest.raises(BadMessageError):
        decode(value, Presence)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadMessageError, match="timezone"):
        decode(b'{"schema":"tick/1","hall":"E101","at":"2026-03-09T09:00:00"}', Tick)


FRAME = FrameHeaders(
    hall="E101", camera="front", captured_at=datetime(2026, 3, 9, 0, 0, 10, 123456, UTC), live=False, sequence=7
)


def test_frame_headers_come_back_as_they_were() -> None:
    assert FrameHeaders.unpack(FRAME.pack()) == FRAME


def test_a_capture_time_of_any_zone_is_the_same_moment() -> None:
    seoul = msgspec.structs.replace(FRAME, captured_at=FRAME.captured_at.astimezone(timezone(timedelta(hours=9))))
    assert FrameHeaders.unpack(seoul.pack()).captured_at == FRAME.captured_at


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("schema", b"frame/9", "unknown version: b'frame/9'"),
        ("schema", None, "unknown version: None"),
        ("hall", None, "'hall' is missing"),
        ("hall", b"\xff", "'hall' is not UTF-8"),
        ("hall", b"x" * 200, "'hall' is absurd"),
        ("camera", b"a\nb", "'camera' is absurd"),
        ("captured_at", b"yesterday", "whole numbers"),
        ("captured_at", b"-5", "absurd"),
        ("captured_at", b"9" * 30, "whole numbers"),
        ("captured_at", b"32503680000000000", "absurd"),
        ("mode", b"dead", "live or recording"),
        ("sequence", b"", "'sequence' is missing"),
    ],
)
def test_missing_or_absurd_headers_are_refused_by_name(name: str, value: bytes | None, reason: str) -> None:
    headers = [(key, old) for key, old in FRAME.pack() if key != name] + ([(name, value)] if value is not None else [])
    with pytest.raises(BadMessageError, match=re.escape(reason)):
        FrameHeaders.unpack(headers)


def test_a_frame_without_headers_is_refused() -> None:
    with pytest.raises(BadMessageError):
        FrameHeaders.unpack(None)


WIDTHS = {"UInt8": 2**8 - 1, "UInt16": 2**16 - 1, "UInt32": 2**32 - 1, "UInt64": 2**63 - 1}  # no bound exceeds int64
TABLES = {Attendance: "attendance_rows", Coverage: "coverage_rows"}


def numeric_columns() -> Iterator[Any]:
    """Every column of a table that holds a whole number of a message, as its tables declare it."""
    text = "\n".join(file.read_text("utf-8") for file in sorted((HERE / "tables").glob("*.sql")))
    for kind, table in TABLES.items():
        [created] = re.findall(rf"CREATE TABLE IF NOT EXISTS {table}\n\((.*?)\n\)", text, re.DOTALL)
        added = "\n".join(re.findall(rf"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS (.*);", text))
        names = {field.encode_name for field in msgspec.structs.fields(kind)}
        for name, width in re.findall(r"^ *(\w+) (UInt\d+)", f"{created}\n{added}", re.MULTILINE):
            if name in names - {"final", "review", "withdrawn"}:
                yield pytest.param(kind, name, WIDTHS[width], id=f"{table}.{name}")


@pytest.mark.parametrize(("kind", "name", "most"), [*numeric_columns()])
def test_a_number_that_its_column_cannot_hold_is_refused_by_name(kind: type[Message], name: str, most: int) -> None:
    whole: dict[str, Any] = msgspec.json.decode(example(kind))
    assert getattr(decode(msgspec.json.encode(whole | {name: most}), kind), name) == most
    for absurd in (-1, most + 1):
        with pytest.raises(BadMessageError, match=rf"\$\.{name}"):
            decode(msgspec.json.encode(whole | {name: absurd}), kind)


@pytest.mark.parametrize(
    ("kind", "name", "absurd"),
    [
        (Attendance, "confidence", 1.5),
        (Attendance, "p", -0.1),
        (Attendance, "seconds_present", -1.0),
        (Attendance, "seconds_covered", -1.0),
        (Coverage, "seconds_covered", -1.0),
        (Coverage, "unknown_faces", -1.0),
    ],
)
def test_an_amount_that_cannot_be_is_refused_by_name(kind: type[Message], name: str, absurd: float) -> None:
    with pytest.raises(BadMessageError, match=rf"\$\.{name}"):
        decode(msgspec.json.encode(msgspec.json.decode(example(kind)) | {name: absurd}), kind)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            b'{"schema":"tick/1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested in a field nobody knows"
        ),
        pytest.param(b'{"a":' * 20_000, id="nested objects"),
        pytest.param(b'{"schema":[]}', id="its version is a list"),
        pytest.param(b'{"schema":{}}', id="its version is an object"),
        pytest.param(b'{"schema":"observation/1","a":' + b"[" * 900 + b"]" * 900 + b"}", id="an older one, nested"),
    ],
)
def test_what_no_reader_of_json_takes_is_refused_and_not_a_crash(value: bytes) -> None:
    """It would have ended the worker, and the next one that came to this message."""
    with pytest.raises(BadMessageError):
        decode(value, Sighting)


@pytest.mark.parametrize("sent_at", [b"9" * 60, b"300000000000000000", None])
def test_a_frame_with_an_absurd_time_of_sending_can_be_sent_again(sent_at: Any) -> None:
    moment = datetime(2026, 3, 9, tzinfo=UTC)
    assert sent_again([("hall", b"E101"), ("sent_at", sent_at)], moment, moment) == [("hall", b"E101")]
