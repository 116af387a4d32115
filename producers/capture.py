"""The one way to OpenCV's decoder: silent, so that it shows nobody an address, and never waiting for ever."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import cv2

__all__ = ["devices", "open_capture"]

_NETWORK_TIMEOUT_MS: Final = 10_000

os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # read once, when the first video is opened by anybody


def devices(folder: Path = Path("/dev"), platform: str = sys.platform) -> set[int] | None:
    """Return the numbers of the cameras that are plugged in; None where the system has no files for them."""
    if platform != "linux":
        return None
    return {int(each.name[5:]) for each in folder.glob("video*") if each.name[5:].isdecimal()}


def open_capture(source: int | str) -> Any:
    """Open a video source; ``isOpened`` of the answer says whether that worked. Naul says itself what is wrong."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if isinstance(source, int):
        return cv2.VideoCapture(source)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
    options = [part for each in limits for part in (each, _NETWORK_TIMEOUT_MS)] if "://" in source else []
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, options)
