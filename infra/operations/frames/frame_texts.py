"""What people read of cameras and recordings, by the codes that producers give: a program asks them what is wrong.

Of an error there is a second text, called ``..._remedy``.
"""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from producers.shots import SourceError
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Texts, say

__all__ = ["TEXTS", "refused", "span", "told"]

TEXTS: Final[Texts] = {
    # Why a source is refused.
    "no_source": "{source}: no such file or directory",
    "no_source_remedy": "Give a device number, an address like rtsp://host/stream, a video file or a "
    "directory of JPEGs.",
    "no_address": "{address} is no address that can be read",
    "no_address_remedy": "Write it like rtsp://USER:PASSWORD@host:554/path",
    "no_scheme": "{address}: nothing reads addresses of this kind",
    "no_scheme_remedy": "Did you mean {near}? There are {known}.",
    "no_such_device": "there is no camera {device} at this machine",
    "no_such_device_remedy": "Plug it in, and look up its number: cameras that are there: {known}. One in the "
    "network has an address like rtsp://USER:PASSWORD@host/path.",
    "unreadable": "{path}: {why}",
    "unreadable_remedy": "Give something that can be read.",
    "no_jpeg": "{path} holds no JPEG",
    "no_jpeg_remedy": "Put frames there, named by their capture time in UTC, like "
    "20261123T000010.000Z.jpg; with --names-in ZONE by the clock of that zone.",
    "a_picture": "{path} is a picture",
    "a_picture_remedy": "Give the directory that it is in.",
    "no_start": "{path}: when did it begin?",
    "no_start_remedy": "Add --starts-at, e.g. --starts-at 2026-11-23T09:00:00.",
    "name_without_time": "{name} is not named by its capture time",
    "name_without_time_remedy": "Name it by the moment in UTC, like 20261123T000010.000Z.jpg (00:00:10 UTC is "
    "09:00:10 in Seoul), or by the clock of a zone, like 2026-11-23 09-00-10.jpg, and "
    "add --names-in ZONE.",
    "name_without_zone": "{name} does not say of which time zone its time is",
    "name_without_zone_remedy": "If it is that of the hall, add --names-in {site_zone}; if it is UTC, --names-in UTC.",
    "time_twice": "{name}: the clocks of {zone} showed this time twice, before and after they were set back",
    "time_twice_remedy": "Name the file by the moment in UTC, like 20261123T000010.000Z.jpg, and all others too.",
    "time_never": "{name}: the clocks of {zone} never showed this time, because they were set forward",
    "time_never_remedy": "Is {zone} the zone of these names? See what --names-in says.",
    "unfinished_export": "{folder}: `naul frames export` was interrupted there, or is under way",
    "unfinished_export_remedy": "Wait for it; or delete the directory, and export again.",
    "no_manifest": "{file} cannot be read: {why}",
    "no_manifest_remedy": "Copy it again from where it was made, or upgrade Naul; without it the JPEGs are "
    "sent unchecked.",
    "no_video": "{path} is no video that can be read",
    "no_video_remedy": "Give an MP4, AVI, MKV or WebM file; play it to see.",
    "unfinished_video": "{path} was cut off before its index was written; nothing in it can be read",
    "unfinished_video_remedy": "Copy it again from where it was recorded, or have a program repair it.",
    "untimed_video": "{path}: its frames have no times, as in a bare H.264 stream",
    "untimed_video_remedy": "Put it into an MP4 with the rate of its frames: ffmpeg -r 25 -i FILE -c copy FILE.mp4",
    # What the timetable and the clock say of a recording, before it is sent.
    "no_timetable": "no timetable is loaded yet: every frame would be put aside",
    "no_timetable_remedy": "Load it with `naul timetable load FILE`, then send the frames again.",
    "unknown_hall": "the timetable knows no hall {hall!r}{near}",
    "unknown_hall_remedy": "Write it as the timetable does: `naul timetable show` lists all halls.",
    "begins_later": "no frame{count} falls into a class hour of {hall}; the nearest begins {span} later",
    "ended_earlier": "no frame{count} falls into a class hour of {hall}; the nearest ended {span} earlier",
    "outside_remedy": "Nothing was sent. Is it the right hall, and the right day? `naul timetable show` "
    "lists class hours.",
    "local_names_remedy": "Nothing was sent. Are the names in local time? Then add --names-in {site_zone}.",
    "future": "the frames are of times that have not come yet: Kafka's clock is {span} behind them",
    "future_remedy": "Nothing was sent. Correct the times, or the clock of the machine where Kafka runs (NTP).",
    # What is warned of, and goes on.
    "warn_no_roster": "Warning: no roster for {section}: nobody can be recognised in it{near}. Load it "
    "with `naul roster load FILE`.",
    "warn_roster_later": "Warning: the first roster of {section} holds from a later date on: nobody can be "
    "recognised in it{near}. If that is not meant, load it with an earlier --from.",
    "warn_none_enrolled": "Warning: nobody of the roster of {section} is enrolled: nobody can be recognised in "
    "it{near}. Enrol them with `naul enroll`.",
    "warn_strays": "Warning: {strays} of {count} frames lie outside of class hours of {hall}, and would fall into one if "
    "their names were of another time zone. Are these in local time? Send them as a directory of their own, "
    "with --names-in {zone}.",
    # What is said of a recording when it was sent.
    "ends_early": "The recording ends {span} before the end of {section} ({ends_at}).",
    "thinned": "{name} has {rate:.0f} frames a second; one is sent every 5 s. All would be {size}: "
    "--every 0s sends them.",
    "thinned_hour": "{name} has {rate:.0f} frames a second; one is sent every 5 s. All would be {size} "
    "an hour: --every 0s sends them.",
    "thinned_live": "{name} gives {rate:.0f} frames a second; one is sent every 5 s. All would be {size} "
    "an hour: --every 0s sends them.",
    # Why a live camera gives no picture.
    "back": "{name} gives pictures again.",
    "broke_off": "{name} broke off.",
    "no_device": "{name} gives no picture. Is it plugged in, and used by nobody else?",
    "no_stream": "{name} is reached, but gives no video that can be read. Set the camera to H.264 or "
    "MJPEG, and look up the path of its stream.",
    "password": "{name} refuses user name or password (status {status}). Correct them in the "
    "address: many cameras lock out who tries too often.",
    "password_missing": "{name} asks for user name and password (status {status}). Write them before the "
    "host: rtsp://USER:PASSWORD@host/path",
    "no_path": "{name}: the camera has nothing at this path (status {status}). Look up the path of "
    "its stream in its manual.",
    "web_page": "{name} is a web page, not a stream. Look up the address of the camera's stream or "
    "of its snapshot in its manual.",
    "busy": "{name} takes no further viewer (status {status}). Close other viewers.",
    "other_status": "{name} answers with status {status}. Restart the camera if that stays.",
    "no_jpeg_answer": "{name} answers with something that is no whole JPEG. Set the camera's snapshots to "
    "JPEG, and open the address in a browser to see what comes.",
    "certificate": "{name}: nobody that is trusted signed its certificate. Give its http:// address, or "
    "name the certificate in REQUESTS_CA_BUNDLE.",
    "unknown_host": "{name}: nobody knows a host of this name. Is it spelled right?",
    "closed_port": "{name}: the host is there, but nothing listens at this port. Is the port right, and "
    "the service turned on in the camera?",
    "timeout": "{name} does not answer. Is it switched on, and in a network that is reached from here?",
    "unreachable": "{name} is in a network that is not reached from here. Check the cable.",
    "slow": "{name} has given no answer for {seconds:.0f} s; waiting.",
    "silent": "{name} takes the connection, but does not answer as a camera does. Is the port right?",
}


def told(settings: Settings, code: str, **values: Any) -> str:
    """Return a text by its code, its values filled in. size: in bytes."""
    if "size" in values:
        values["size"] = f"{values['size'] / 1e9:.1f} GB" if values["size"] >= 1e8 else f"{values['size'] / 1e6:.1f} MB"
    return say(settings.language, TEXTS[code], **values)


def span(settings: Settings, length: timedelta) -> str:
    """Return a length of time in its largest unit, e.g. ``9 h``."""
    tell = partial(say, settings.language)
    seconds = round(abs(length).total_seconds())
    if seconds >= 2 * 86400:
        return tell("{count} days", count=round(seconds / 86400))
    if seconds >= 3600:
        return tell("{count} h", count=round(seconds / 3600))
    if seconds >= 60:
        return tell("{count} min", count=round(seconds / 60))
    return tell("{count} s", count=seconds)


def refused(settings: Settings, error: SourceError) -> RefusedError:
    """Return why a source is refused, with the remedy, for whoever reads it."""
    values = {name: _said(settings, value) for name, value in error.values.items()} | {"site_zone": settings.timezone}
    return RefusedError(told(settings, error.code, **values), told(settings, f"{error.code}_remedy", **values))


def _said(settings: Settings, value: object) -> object:
    return refused(settings, value).message if isinstance(value, SourceError) else value
