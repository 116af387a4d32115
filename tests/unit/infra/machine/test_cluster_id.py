"""The id of a new cluster stands in a command line: it must not look like an option."""

from infra.machine.kafka.broker import new_cluster_id


def test_an_id_that_would_look_like_an_option_is_not_taken() -> None:
    drawn = iter([b"\xf8" + bytes(15), b"\xf9" + bytes(15), b"\x01" + bytes(15)])
    assert new_cluster_id(lambda: next(drawn)) == "AQAAAAAAAAAAAAAAAAAAAA"
