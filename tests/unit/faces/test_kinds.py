"""Kinds of cameras: whatever a frame looks like, the same people are found in it and known again."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.templates import template
from streams.faces.values import Floats

pytestmark = pytest.mark.slow

PEOPLE = 18
Hall = tuple[Image, list[tuple[int, int, int, int]]]


def encoded(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def plain(frame: Image) -> bytes:
    return encoded(frame)


def grey(frame: Image) -> bytes:
    return encoded(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def infrared(frame: Image) -> bytes:
    """Lit by the camera's own lamp: no colour, skin pale, little contrast."""
    tones = 255 * (cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255) ** 0.6
    noise = np.random.default_rng(3).normal(0, 2.5, tones.shape)
    return encoded(np.clip(0.45 * tones + 95 + noise, 0, 255).astype(np.uint8))


def wide(frame: Image) -> bytes:
    """A wide-angle lens: the further from the middle, the more is pressed together."""
    height, width = frame.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - width / 2) / (width / 2), (y - height / 2) / (width / 2)
    bend = 1 + 0.22 * (u**2 + v**2)
    there = (u * bend / 1.22 * width / 2 + width / 2, v * bend / 1.22 * width / 2 + height / 2)
    return encoded(cv2.remap(frame, *(each.astype(np.float32) for each in there), cv2.INTER_CUBIC))


def held_upright(frame: Image) -> bytes:
    """A telephone held upright: the sensor's picture lies on its side, and EXIF says so."""
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    data = encoded(np.ascontiguousarray(np.rot90(frame)))
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


@pytest.fixture(scope="module")
def templates(centerface_dlib: Engine, orl: Callable[[int, int], Image]) -> Floats:
    """Everybody's, (18, 128), made of two other pictures than the one that sits in the hall."""
    return np.stack([
        template(centerface_dlib, [orl(person, 3), orl(person, 5)]).vector for person in range(1, PEOPLE + 1)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        pytest.param(plain, 17, id="colour"),
        pytest.param(grey, 17, id="greyscale"),
        pytest.param(infrared, 16, id="infrared"),
        pytest.param(wide, 17, id="wide angle"),
        pytest.param(held_upright, 17, id="turned by EXIF"),
    ],
)
def test_the_same_people_are_found_and_known_again(
    centerface_dlib: Engine, hall: Hall, templates: Floats, kind: Callable[[Image], bytes], known: int
) -> None:
    found = centerface_dlib.look(decode_jpeg(kind(hall[0])))
    assert len(found) == PEOPLE
    looks = np.stack([each.embedding / np.linalg.norm(each.embedding) for each in found])
    nearest = (looks @ templates.T).argmax(axis=1)
    downwards = sorted(range(PEOPLE), key=lambda n: found[n].box[1])
    rows = [sorted(downwards[start : start + 6], key=lambda n: found[n].box[0]) for start in range(0, PEOPLE, 6)]
    placed = [n for row in rows for n in row]
    assert sum(int(nearest[n]) == place for place, n in enumerate(placed)) >= known
