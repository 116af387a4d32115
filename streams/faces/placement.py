"""Where an engine looks: on the processor, or on a device that was seen to say the same as the processor.

A device is checked whenever an engine is loaded for work, with the networks in float: it must find the same faces of a
picture, at the same places, with the same embeddings. What differs is not used (docs/adr/0049-devices.md).
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import onnxruntime

from schemas.errors import NaulError, RefusedError, SettingsError
from schemas.translations import Text
from streams.faces.arithmetic import LEAST, gain, key
from streams.faces.devices import ACCELERATORS, CPU, Device, device_named
from streams.faces.embedder import RUNTIME_ERRORS
from streams.faces.engine import Arithmetic, Engine
from streams.faces.trial_picture import trial_picture
from streams.faces.values import Found

__all__ = ["LEAST_COSINE", "MOST_PIXELS", "Placed", "check_same", "placed"]

log = logging.getLogger(__name__)

LEAST_COSINE = 0.9999
"""Of the embeddings of one face on two devices. Float on two of them has 0.999999; 8 bits on the processor 0.98."""

MOST_PIXELS = 0.5
"""By which the sides of a box may differ."""


class Placed(NamedTuple):
    """An engine, ready for work, and in words where and how it looks."""

    engine: Engine
    said: str


def placed(
    engine: Engine, arithmetic: Arithmetic, device: str, accelerators: Sequence[Device] = ACCELERATORS
) -> Placed:
    """Let an engine that was just loaded look where the settings say.

    device: as the setting. A device that is named is used or refused. With ``auto`` one is used that says the same as
    the processor and is faster than it in the best arithmetic; else the processor looks, and the words say why.

    Raises:
        SettingsError: there is no such device, or no such arithmetic there.
        RefusedError: the device that is named is missing, or says something else than the processor.
    """
    if device not in ("auto", CPU.name):
        if arithmetic == "quantised":
            raise SettingsError("8 bits are of the processor alone", "Set NAUL_ARITHMETIC=float, or NAUL_DEVICE=cpu.")
        there = _there(engine, device_named(device))
        return Placed(there, Text("float on {device}, as it is set; it says the same as the processor", device=device))
    tried = [] if device == CPU.name or arithmetic == "quantised" else _tried(engine, accelerators)
    said = engine.quicken(arithmetic)
    for other, why in tried:
        if isinstance(other, Engine):
            times = gain(
                key(1, engine.id, engine.variant, other.variant), partial(_look, engine), partial(_look, other)
            )
            if times >= LEAST:
                return Placed(
                    other,
                    Text(
                        "float on {device}, {gain:.1f} times faster than the processor",
                        device=other.variant,
                        gain=times,
                    ),
                )
            why = Text("{device} is {gain:.1f} times as fast", device=other.variant, gain=times)
        said = Text("{said}; {why}", said=said, why=why)
    return Placed(engine, said)


def check_same(one: Sequence[Found], other: Sequence[Found], device: str) -> None:
    """Hold what a device found of a picture to what the processor found.

    Raises:
        RefusedError: other faces, at other places, or with other embeddings.
    """
    if not one:
        raise RefusedError(
            "the engine finds nobody on the picture by which devices are checked", "Set NAUL_DEVICE=cpu."
        )
    if len(one) != len(other):
        raise RefusedError(
            Text(
                "{device} finds {found} faces where the processor finds {count}",
                device=device,
                found=len(other),
                count=len(one),
            ),
            "Set NAUL_DEVICE to auto or cpu.",
        )
    pixels, cosine = 0.0, 1.0
    for face in one:
        _, same = min(((_apart(face, each), each) for each in other), key=lambda each: each[0])
        pixels = max(pixels, _apart(face, same))
        lengths = float(np.linalg.norm(face.embedding) * np.linalg.norm(same.embedding))
        cosine = min(cosine, float(face.embedding @ same.embedding) / max(lengths, 1e-12))
    if not (pixels <= MOST_PIXELS and cosine >= LEAST_COSINE):
        raise RefusedError(
            Text(
                "{device} is not the processor's equal: boxes differ by {pixels:.2f} pixels, embeddings have a "
                "cosine of {cosine:.4f}",
                device=device,
                pixels=pixels,
                cosine=cosine,
            ),
            "Set NAUL_DEVICE to auto or cpu.",
        )


def _tried(engine: Engine, accelerators: Sequence[Device]) -> list[tuple[Engine | None, str]]:
    """Return the engine on each device that onnxruntime knows here, or why it cannot be used."""
    known, found = onnxruntime.get_available_providers(), list[tuple[Engine | None, str]]()
    for device in accelerators:
        if device.provider in known:
            try:
                found.append((_there(engine, device), ""))
            except NaulError as error:
                log.warning("%s is not used: %s", device.name, error.message)
                found.append((None, error.message))
    return found


def _there(engine: Engine, device: Device) -> Engine:
    try:
        other = engine.on(device)
        check_same(_look(engine), _look(other), device.name)
    except RUNTIME_ERRORS as error:
        raise RefusedError(
            Text("{device} cannot run the networks: {error}", device=device.name, error=error), device.remedy
        ) from error
    return other


def _look(engine: Engine) -> list[Found]:
    return engine.look(trial_picture())


def _apart(one: Found, other: Found) -> float:
    return max(abs(a - b) for a, b in zip(one.box, other.box, strict=True))
