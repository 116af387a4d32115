"""What a dead letter says."""

from schemas.dead_letters import RecordPlace, dead_letter


def test_the_bytes_stay_as_they_were_and_the_headers_say_why_and_where_from() -> None:
    place = RecordPlace("naul-frames", 2, 17)
    letter = dead_letter(place, b"E101/front", b"\xff\xd8", [("mode", b"live")], "truncated", "recognise")
    assert (letter.key, letter.value) == (b"E101/front", b"\xff\xd8")
    assert letter.headers == [
        ("reason", b"truncated"),
        ("stage", b"recognise"),
        ("topic", b"naul-frames"),
        ("partition", b"2"),
        ("offset", b"17"),
        ("original-mode", b"live"),
    ]


def test_a_message_without_key_value_or_headers_has_a_letter_too() -> None:
    assert dead_letter(RecordPlace("t", 0, 0), None, None, None, "why", "sink")[:2] == (None, None)


def test_a_reason_that_quotes_the_whole_message_is_cut() -> None:
    reason = dict(dead_letter(RecordPlace("t", 0, 0), None, None, None, "얼" * 10_000, "sink").headers)["reason"]
    assert len(reason.decode()) == 2000
