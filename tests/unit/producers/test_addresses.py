"""Addresses of cameras: nobody is shown a password, and the camera gets it whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.addresses import masked, read_address, without_secrets

HARD = "rtsp://admin:pa/s@s:w#?%@10.0.0.9:554/ch1?profile=2"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/***"),
        ("rtsp://lena@cam/1", "rtsp://***@cam/***"),
        ("rtsp://lena:a:b@cam/1", "rtsp://***@cam/***"),
        ("rtsp://admin:pa/ss@cam:554/1", "rtsp://***@cam:554/***"),
        ("rtsp://lena:a/b?c@d@cam:554/1", "rtsp://***@cam:554/***"),
        ("rtsp://admin:#1?@cam/x", "rtsp://***@cam/***"),
        (HARD, "rtsp://***@10.0.0.9:554/***"),
        ("rtsp://lena:a@[fe80::1]:554/1", "rtsp://***@[fe80::1]:554/***"),
        ("http://cam/video?user=lena&pwd=s3cret", "http://cam/***"),
        ("http://cam/video#s3cret", "http://cam/***"),
        ("rtsp://cam:554/user=lena&password=s3cret&channel=1", "rtsp://cam:554/***"),
        ("http://cam/cgi-bin/snapshot.cgi/token/secret9", "http://cam/***"),
        ("rtsps://10.0.0.1:7441/kLw3xZb9QeRtYu1", "rtsps://10.0.0.1:7441/***"),
        ("http://cam:8080/", "http://cam:8080/"),
        ("http://cam:8080", "http://cam:8080"),
        pytest.param("http://cam/video?user=lena&pwd=s3@cret", "http://***", id="an @ that may be a password's"),
        pytest.param("rtsp://lena:pw@cam/live@2", "rtsp://***", id="two readings"),
        pytest.param("rtsp://admin:s3cret", "rtsp://***", id="no host"),
        pytest.param("http://admin:s3cret@127.0.0.1:port/st", "http://***@127.0.0.1:port/***", id="no port"),
        pytest.param("http://admin:s3cret@127.0.0.1:port/x?y=z", "http://***@127.0.0.1:port/***", id="and a query"),
        pytest.param("http://cam:port/x?y=s3@cret", "http://***", id="an @ of a query, and no port"),
        pytest.param("admin:s3cret@cam://x", "***@cam://x", id="what is no scheme"),
        pytest.param("cam/snap.jpg?pwd=s3cret", "cam/snap.jpg?***", id="no scheme"),
        pytest.param("rtsp:/admin:s3cret@cam/1", "rtsp:/***@cam/1", id="mistyped"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://admin:pa/ss@cam:554/1", "rtsp://admin:pa%2Fss@cam:554/1"),
        (HARD, "rtsp://admin:pa%2Fs%40s%3Aw%23%3F%25@10.0.0.9:554/ch1?profile=2"),
        pytest.param("rtsp://admin:p%2Fq@cam/1", "rtsp://admin:p%2Fq@cam/1", id="quoted before"),
        pytest.param("rtsp://admin:12/34@10.0.0.9/1", "rtsp://admin:12%2F34@10.0.0.9/1", id="as if it were a port"),
        pytest.param("rtsp://admin:p@ss/w@10.0.0.9/1", "rtsp://admin:p%40ss%2Fw@10.0.0.9/1", id="as if it were a host"),
        pytest.param("rtsp://lena:pw@cam/live@2", "rtsp://lena:pw@cam/live@2", id="an @ of the path"),
        pytest.param("rtsp://10.0.0.9/live@2", "rtsp://10.0.0.9/live@2", id="an @ of the path, and nobody before"),
        pytest.param("http://lena:pw@[fe80::1]:80/x?y=a@b", "http://lena:pw@[fe80::1]:80/x?y=a@b", id="IPv6"),
        pytest.param("rtsp://교수:암호@cam/1", "rtsp://%EA%B5%90%EC%88%98:%EC%95%94%ED%98%B8@cam/1", id="Hangul"),
    ],
)
def test_a_decoder_gets_user_and_password_whatever_signs_are_in_them(address: str, url: str) -> None:
    assert read_address(address).url == url


@pytest.mark.parametrize("address", ["rtsp://", "rtsp://cam:99999/1", "rtsp:///path", "http://lena:pw@/x"])
def test_without_a_host_there_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        read_address(address)


@pytest.mark.parametrize(
    "text",
    [
        f"Got unexpected extra argument ({HARD})",
        f"No such command '{HARD}'.",
        "No such command 'rtsp:/admin:pa/s@s:w#?%@cam'.",
        "Got 'rtsp://admin:pa s@s:w@cam/1' and 'http://cam/?pwd=s@s:w'",
    ],
)
def test_in_any_text_addresses_are_masked(text: str) -> None:
    hidden = without_secrets(text)
    assert not [word for word in ("admin", "pa/s", "pa s", "s:w") if word in hidden]
    assert hidden.startswith(text.partition(":/")[0])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Got unexpected extra argument (rtsp://admin:pw@cam/x)", "Got unexpected extra argument (rtsp://***@cam/x)"),
        ("http://***: no address", None),
        ("http://***@127.0.0.1:port/st is no address", None),
        ("Write it like rtsp://USER:PASSWORD@host:554/path", None),
        ("Write it like rtsp://사용자:암호@호스트:554/경로", None),
        ("rtsp://cam/1 asks. Write: rtsp://USER:PASSWORD@host/path", None),
        (
            "store must be embedded or clickhouse://host:port, got 'click://u:pw@h'",
            "store must be embedded or clickhouse://host:port, got 'click://***@h'",
        ),
        ("(rtsp://***@cam:554/1), rtsp://x:y@[fe80::1].", "(rtsp://***@cam:554/1), rtsp://***@[fe80::1]."),
        ("no answer from http://cam/a?b=c: is it on?", "no answer from http://cam/a?***: is it on?"),
    ],
)
def test_what_stands_around_an_address_stays(text: str, shown: str | None) -> None:
    assert without_secrets(text) == (shown or text)
    assert without_secrets(shown or text) == (shown or text)


@pytest.mark.parametrize("text", ["{} gives no picture", "{}: 카메라가 응답하지 않습니다", "no such file: {!r}"])
def test_of_an_address_that_somebody_typed_no_path_is_shown(text: str) -> None:
    address = "http://cam:8080/cgi-bin/snapshot.cgi/token/secret9"
    shown = without_secrets(text.format(address), [address])
    assert "secret9" not in shown
    assert "http://cam:8080/***" in shown


SIGNS = st.text("/@#?%40: '\"&=.,()\\[]:\u3131ab1", max_size=6)


@given(SIGNS, SIGNS, st.sampled_from(["{}", "({})", "Got {!r}.", "{}: 읽을 수 없습니다", "'{}' and rtsp://cam/1"]))
def test_no_password_shows_whatever_signs_are_in_it(before: str, after: str, text: str) -> None:
    address = f"rtsp://admin:{before}s3cret{after}@10.0.0.9:554/ch1"
    assert "s3cret" not in masked(address)
    assert "s3cret" not in without_secrets(text.format(address))
    assert "s3cret" not in without_secrets(text.format(address), [address])


@given(SIGNS, SIGNS)
def test_no_query_shows_that_somebody_typed(before: str, after: str) -> None:
    address = f"http://10.0.0.9/snap?user=lena&pwd={before}s3cret{after}"
    assert "s3cret" not in without_secrets(f"Got unexpected extra argument ({address})", [address])
