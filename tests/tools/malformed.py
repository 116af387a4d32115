"""10,000 malformed inputs of every kind that Naul reads, each with what reads it: a law, and nothing that it may break.

The law: what is malformed is refused by an error of ours that says what is wrong; nothing else is raised, nothing of
it is run, and the process goes on, as large as before. ``test_malformed`` asks a tenth of them, ``make bench
PART=malformed`` all. An input is made again from its kind and number alone: ``one("frame", 17)``.
"""

import atexit
import gzip
import io
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final, NamedTuple, TypeAlias, Union

import numpy as np
from msgspec.structs import replace
from PIL import Image
from python_calamine import CalamineWorkbook

from enrollment.csv_files import refusal
from enrollment.input_files import InputFile, input_file, read_input
from enrollment.roster import rosters_of
from enrollment.term import read_term
from enrollment.timetable import class_hours_of
from infra.operations.backup.backup_files import read_manifest as backup_manifest
from infra.operations.backup.backup_files import read_page, read_records
from infra.operations.people.photo_intake import PhotoIntake
from infra.operations.reports.map_file import read_map
from infra.operations.runs.replay_files import WorkFiles
from infra.operations.runs.truth_csv import COLUMNS as TRUTH
from infra.operations.runs.truth_csv import read_truth
from producers.kept import read_manifest
from producers.simulated_hall.reading import load_script
from producers.sources import Folder
from schemas.archives import MALFORMED, tar_member
from schemas.errors import NaulError, RefusedError
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import FrameOpener, FrameSealer
from schemas.frames import FrameHeaders, sent_again
from schemas.messages import MESSAGES, decode
from schemas.settings import load_settings
from sinks.reports.render import write_csv
from sinks.reports.workbook import write_workbook
from streams.faces.calibration import calibration_file, calibration_of
from streams.faces.engine_file import read_engine_file
from streams.faces.pictures import decode_jpeg, photo_of
from tests.examples import EXAMPLES
from tests.tools.input_examples import FRAME, SEOUL, calendar, event, workbook
from tests.tools.mutations import ODD_TEXTS, broken_bytes, broken_json

__all__ = ["KINDS", "Malformed", "Memory", "ask", "malformed", "one"]

SEED = "naul"
NOW = datetime(2026, 3, 9, tzinfo=UTC)
ROSTER = ("section", "student_id", "name")
HOUSE = Path(__file__).parents[2]
HEIC = HOUSE / "tests/integration/desk/student-3.heic"
TIMETABLE = ("section", "hall", "date", "period", "starts_at", "ends_at")


class Malformed(NamedTuple):
    """An input. take: gives it to what reads it. scratch of that: an empty folder."""

    kind: str
    number: int
    take: Callable[[Path], object]


Make: TypeAlias = Callable[[Random], Callable[[Path], object]]


# ---------------------------------------------------------------- pictures


@cache
def picture(form: str, **how: Any) -> bytes:
    """A small picture with something on it."""
    noise = np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).resize((96, 80)).save(data, form, **how)
    return data.getvalue()


def jpegs() -> tuple[bytes, ...]:
    """One of each way that JPEGs are written, with an EXIF and without."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    return (picture("JPEG"), picture("JPEG", progressive=True), picture("JPEG", restart_marker_rows=1),
            picture("JPEG", exif=exif.tobytes()), picture("JPEG", quality=20, optimize=True))  # fmt: skip


def bomb_jpeg(random: Random) -> bytes:
    """A JPEG that costs much to look at: huge, of countless scans, segments, previews or bytes between them."""
    plain = random.choice(jpegs())
    at = plain.find(b"\xff\xc0") if b"\xff\xc0" in plain else plain.find(b"\xff\xc2")
    side = struct.pack(">HH", *(random.choice((0, 1, 40_000, 65_535)) for _ in range(2)))
    scan = plain[plain.rfind(b"\xff\xda") : -2]
    many = random.choice((100, 20_000))
    return random.choice((
        plain[: at + 5] + side + plain[at + 9 :],
        plain[:-2] + scan * (many // 10) + plain[-2:],
        plain[:2] + b"\xff\xd8" * many * 5 + plain[2:],
        plain[:2] + b"\xff\xe0\x00\x04\xff\xd8" * many + plain[2:],
        plain[:2] + b"\xff\xe1\xff\xff" * many + b"\xff" * 66_000 + plain[2:],
        plain[:2] + b"\xff" * 50 * many + plain[2:],
        plain[:2] + b"\xff\xe1\x00\x40Exif\0\0MM\0*" + random.randbytes(54) + plain[2:],
        plain[:2] + b"\xff\xfe\x00\x02" * many + plain[2:],
        plain * (many // 100),
    ))  # fmt: skip


def frame(random: Random) -> Callable[[Path], object]:
    data = bomb_jpeg(random) if random.random() < 0.3 else broken_bytes(random, random.choice(jpegs()))
    return lambda _: decode_jpeg(data)


@cache
def keys() -> tuple[Path, FrameSealer]:
    """A pair of keys for frames: the file of the private one, and what seals for it."""
    folder = Path(mkdtemp(prefix="naul-keys-"))
    atexit.register(rmtree, folder)
    private, public = folder / "frames-key", folder / "frames-key.pub"
    new_frames_key(private, public, lambda: NOW)
    return private, FrameSealer(public)


def sealed_frame(random: Random) -> Callable[[Path], object]:
    """A frame that was sealed, and is damaged, cut, another key's or another frame's; or the file of the key is."""
    private, sealer = keys()
    head = FrameHeaders(hall="E101", camera="front", captured_at=NOW, live=True, sequence=1, sent_at=NOW)
    whole = sealer.seal(head, picture("JPEG"))
    start = len(whole) - len(picture("JPEG"))
    at = random.randrange(start)
    value = random.choice((
        broken_bytes(random, whole),
        whole[:at] + random.randbytes(start - at) + whole[start:],
        whole[:at] + bytes(start - at) + whole[start:],  # no point of the curve that anything can be agreed with
        whole[:at] + b"\xff" * (start - at) + whole[start:],
        whole[:at],
        sealer.seal(head, broken_bytes(random, picture("JPEG"))),
    ))  # fmt: skip
    moved = replace(head, hall=random.choice(("E101", "E102")))
    file = broken_bytes(random, private.read_bytes()) if random.random() < 0.2 else private.read_bytes()

    def take(scratch: Path) -> None:
        _written(scratch / "frames-key", file)
        decode_jpeg(FrameOpener(scratch / "frames-key").picture(moved, value))

    return take


def photo(random: Random) -> Callable[[Path], object]:
    other = picture(random.choice(("PNG", "PPM", "WEBP", "BMP", "TIFF", "AVIF")))
    ways = (bomb_jpeg(random), broken_bytes(random, other), broken_bytes(random, HEIC.read_bytes()), png_bomb(random))
    data = random.choice(ways)
    return lambda _: photo_of(data, 2000)


def png_bomb(random: Random) -> bytes:
    """A PNG whose head says that it is huge."""
    plain = picture("PNG")
    return plain[:16] + struct.pack(">II", *(random.choice((0, 60_000, 2**31 - 1)) for _ in range(2))) + plain[24:]


# ---------------------------------------------------------------- archives


def packed(random: Random, files: Mapping[str, bytes], ways: tuple[int, ...] = (zipfile.ZIP_DEFLATED,)) -> bytes:
    """A ZIP, packed in one of some ways."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", random.choice(ways)) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return data.getvalue()


def broken_zip(random: Random, data: bytes) -> bytes:
    """A ZIP whose list of contents lies: sizes, places, how many there are; or bytes of it are wrong."""
    at = data.rfind(b"PK\x05\x06")
    lie = random.choice((b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", struct.pack("<I", len(data) + 1)))
    place = random.choice((8, 10, 12, 16))
    entry = data.find(b"PK\x01\x02") + random.choice((8, 10, 20, 24, 28, 42))
    return random.choice((
        data[: at + place] + lie + data[at + place + 4 :],
        data[:entry] + lie + data[entry + 4 :],
        broken_bytes(random, data),
        data + data,
        data[:at],
    ))  # fmt: skip


def photo_zip(random: Random) -> Callable[[Path], object]:
    names = (
        "../../out.jpg",
        "/etc/passwd",
        "a/" * 100 + "b.jpg",
        "한" * 120 + ".jpg",
        "a\0b.jpg",
        "x.jpg",
        "C:\\x.jpg",
        "..",
    )
    ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    files = {random.choice(names): bytes(random.choice((1, 5_000_000))), f"{random.random()}.jpg": picture("JPEG")}
    data = packed(random, files, ways)
    data = data if random.random() < 0.3 else broken_zip(random, data)

    def take(scratch: Path) -> None:
        PhotoIntake(scratch / "photos").add("sent.zip", io.BytesIO(data))
        outside = [
            each for each in scratch.rglob("*") if each.is_file() and not each.is_relative_to(scratch / "photos")
        ]
        assert not outside

    return take


def engine_package(random: Random) -> Callable[[Path], object]:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=random.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))) as tar:
        for name in ("package/a.js", "../x", "한" * 90, "package/model.onnx"):
            info = tarfile.TarInfo(name)
            info.size = random.choice((0, 100, 2_000_000))
            info.type = random.choice((*[tarfile.REGTYPE] * 15, tarfile.SYMTYPE, tarfile.DIRTYPE))
            info.linkname = "/etc/passwd"
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    raw = data.getvalue()
    raw = raw if random.random() < 0.5 else broken_bytes(random, raw)
    sent = gzip.compress(raw, 1)
    sent = sent if random.random() < 0.6 else broken_bytes(random, sent)

    def take(scratch: Path) -> None:
        file = scratch / "a.tgz"
        file.write_bytes(sent)
        try:
            found = tar_member(file, "package/model.onnx", 2**20)
        except (OSError, *MALFORMED) as error:
            raise RefusedError(str(error) or "it ends early") from error  # as install_engine says it
        assert len(found) <= 2**20

    return take


# ---------------------------------------------------------------- messages


def headers(random: Random) -> Callable[[Path], object]:
    whole = FrameHeaders(hall="E101", camera="front", captured_at=NOW, live=True, sequence=1, sent_at=NOW).pack()
    odd: list[bytes | None] = [each.encode("utf-8", "surrogateescape") for each in ODD_TEXTS]
    odd += [
        None,
        b"\xff\xfe",
        b"-1",
        b"9" * 90,
        b"-" + b"9" * 30,
        b"253402300800000000",
        "１２".encode(),
        b"1_0",
        b"+5",
        b" 7 ",
    ]
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(whole))
        name, value = whole[at]
        wrong: list[Any] = [
            (name, random.choice(odd)),
            (random.choice(ODD_TEXTS), value),
            (name, broken_bytes(random, value)),
        ]
        whole[at] = random.choice(wrong)
        if random.random() < 0.2:
            del whole[at]
            break

    def take(_: Path) -> None:
        sent_again(whole, NOW, NOW)
        FrameHeaders.unpack(whole).skew(NOW)

    return take


def message(random: Random) -> Callable[[Path], object]:
    file = random.choice(sorted(EXAMPLES.glob("*.json")))
    topic = random.choice([*MESSAGES]) if random.random() < 0.1 else _topic_of(file.name)
    data = file.read_bytes()
    data = broken_json(random, data) if random.random() < 0.85 else broken_bytes(random, data)
    return lambda _: decode(data, Union[MESSAGES[topic]])  # noqa: UP007  made when it runs


@cache
def _topic_of(file: str) -> str:
    name = file.partition(".v")[0]
    tag = {"marks": "mark", "hall_day": "timetable"}.get(name, name)
    for topic, kinds in MESSAGES.items():
        if any(str(kind.__struct_config__.tag).partition("/")[0].replace("-", "_") in (name, tag) for kind in kinds):
            return topic
    raise LookupError(file)


# ---------------------------------------------------------------- what people bring


def read_as(file: InputFile, timetable: bool) -> None:
    """Read a file as a command or a page does, and refuse what is wrong with it."""
    found = read_input(file, TIMETABLE if timetable else ROSTER, FRAME if timetable else None)
    if timetable:
        _, problems = class_hours_of(found.table, SEOUL)
        if problems := [*found.table.problems, *problems]:
            raise refusal(found.source, problems, "ko")
    else:
        rosters_of(found.table, found.source, "ko")


CSV: Final = (
    b"section,student_id,name\nEA0017-1,201900001,Kim\nEA0017-1,201900002,Lee\n",
    "분반,학번,이름\nEA0017-1,201900001,김나얼\n".encode("cp949"),
    b"section,hall,date,period,starts_at,ends_at\nEA0017-1,E101,2026-03-09,1,09:00,09:50\n",
    "section\thall\tdate\tperiod\tstarts_at\tends_at\nA1\tE101\t2026-03-09\t1\t09:00\t09:50\n".encode("utf-16"),
)


def csv(random: Random) -> Callable[[Path], object]:
    data = random.choice(CSV)
    for _ in range(random.randint(0, 3)):
        cell = random.choice((*ODD_TEXTS, '"', '"a\n' * 200, "x" * 200_000)).encode("utf-8", "surrogateescape")
        cells = data.split(b",")
        cells[random.randrange(len(cells))] = cell
        data = b",".join(cells)
    data = broken_bytes(random, data) if random.random() < 0.6 else data
    file = InputFile(
        data, "a.csv", random.choice(("", "", "", "cp949", "utf-16", "no-such", "latin-1", "zlib", "idna"))
    )
    timetable = random.random() < 0.5
    return lambda _: read_as(file, timetable)


@cache
def _workbook() -> bytes:
    return workbook({"명단": [list(ROSTER), ["EA0017-1", "201900001", "김"], ["EA0017-1", 201900002, "=1+1"]]})


def xlsx(random: Random) -> Callable[[Path], object]:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as whole:
        files = {each: whole.read(each) for each in whole.namelist()}
    sheet, book, texts = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    row = b'<row r="%d"><c r="%s%d"><v>1</v></c></row>'
    part = random.choice((sheet, book, texts, "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"))
    where = random.choice((
        {part: broken_bytes(random, files.get(part, b"<a/>"))},
        {part: bomb + files.get(part, b"")},
        {part: files.get(part, b"").replace(b"<v>", b"<v>&b;&c;")},
        {sheet: b"<worksheet><sheetData>" + row % (2**20, b"XFD", 2**20) + b"</sheetData></worksheet>"},
        {sheet: files[sheet].replace(b"</sheetData>", row % (99_999_999, b"ZZZ", 99_999_999) + b"</sheetData>")},
        {sheet: b"<worksheet><sheetData>" + b"<row>" * 50_000},
        {sheet: b"<worksheet><sheetData><row><c><is><t>" + b"a" * 9_000_000},
        {sheet: files[sheet].replace(b"<v>", b"<f>cmd|'/C calc'!A0</f><v>")},
        {"xl/vbaProject.bin": random.randbytes(500), "xl/externalLinks/externalLink1.xml": bomb},
        {f"x{number}": b"" for number in range(random.choice((50, 2100)))},
        {"a": bytes(20_000_000)},
        {book: files[book].replace(b"<sheet ", b"<sheet " * 40)},
    ))  # fmt: skip
    data = packed(random, {**files, **where}, (zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    data = broken_zip(random, data) if random.random() < 0.4 else data
    file = InputFile(data, "a.xlsx", sheet=random.choice(("", "", "명단", "=1")))
    return lambda _: read_as(file, timetable=False)


_RULES = (
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=0;COUNT=9", "FREQ=DAILY;INTERVAL=-1;UNTIL=20260601T000000Z", "FREQ=SECONDLY",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;COUNT=1",
    "FREQ=WEEKLY;COUNT=99999999",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU;BYMONTHDAY=31;COUNT=1", "FREQ=MONTHLY;BYDAY=6MO;COUNT=2", "FREQ=NEVER", "FREQ=",
    "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 3000) + ";COUNT=5", "FREQ=DAILY;UNTIL=99991231T000000Z", "COUNT=1",
    "FREQ=DAILY;BYSETPOS=-366;BYDAY=MO;COUNT=1", "FREQ=WEEKLY;WKST=XX;COUNT=3", "FREQ=DAILY;COUNT=3;FREQ=SECONDLY",
)  # fmt: skip


def ics(random: Random) -> Callable[[Path], object]:
    start = random.choice(
        (*["20260302T090000"] * 5, "00010101T000000", "99991231T235959", "20000101T000000", "20260302", "x")
    )
    lines = [f"DTSTART;TZID={random.choice((*['Asia/Seoul'] * 9, 'Foo/Bar', '../../etc/passwd'))}:{start}"]
    ends = ["DTEND;TZID=Asia/Seoul:20260302T095000"]
    lines += random.choice((*[ends] * 9, [], ["DURATION:P999999999W"], ["DTEND:19700101T000000Z"]))
    lines += [f"RRULE:{random.choice(_RULES)}"] if random.random() < 0.8 else []
    lines += random.choice(
        (*[[]] * 7, ["RDATE:" + ",".join(["20260302T090000"] * 500)], ["EXDATE:x"], ["RECURRENCE-ID:20260302T090000Z"])
    )
    offset = random.choice(("+0900", "+0900", "+9999"))
    zone = ["BEGIN:VTIMEZONE", "TZID:Foo/Bar", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0900",
            f"TZOFFSETTO:{offset}", f"RRULE:{random.choice(_RULES)}", "END:STANDARD", "END:VTIMEZONE"]  # fmt: skip
    title, place = (random.choice((good, good, good, random.choice(ODD_TEXTS))) for good in ("EA0017-1 x", "E101"))
    one = event(title, place, *lines)
    parts = [re.sub("UID:[0-9]+", f"UID:{random.randrange(9)}", one)] * random.choice((1, 1, 2, 30))
    data = calendar(*(["\r\n".join(zone)] if random.random() < 0.3 else []), *parts)
    if random.random() < 0.15:
        data = broken_bytes(random, data)
    elif random.random() < 0.1:
        data = data[:-15] + b"BEGIN:X\r\n" * 3000 + b"END:X\r\n" * 3000 + data[-15:]
    bounds = (NOW.date(), NOW.date() + timedelta(days=100)) if random.random() < 0.5 else (None, None)
    frame_of = FRAME._replace(first=bounds[0], last=bounds[1])

    def take(_: Path) -> None:
        found = read_input(InputFile(data, "a.ics"), TIMETABLE, frame_of, "ko")
        _, problems = class_hours_of(found.table, SEOUL)
        if problems := [*found.table.problems, *problems]:
            raise refusal(found.source, problems, "ko")

    return take


# ---------------------------------------------------------------- what engineers bring


TOML: Final[Mapping[str, str]] = {
    "naul.toml": 'prefix = "a"\nframes_days = 3\n\n[policy]\nlate_after = "10m"\n',
    "engine.toml": f'name = "a"\n\n[detector]\nkind = "yunet"\nthreshold = 0.5\nfile = "a"\nsha256 = "{"0" * 64}"\n',
    "term.toml": 'term = "2026-1"\nfirst = 2026-03-02\nlast = 2026-06-19\n\n[rule]\nlimit = "1/3"\n',
    "map.toml": 'columns = ["a", "b"]\n\n[verdicts]\npresent = "P"\n',
    "calibration.toml": (HOUSE / "streams/faces/calibration/centerface-dlib.toml").read_text("utf-8"),
    "script.toml": (HOUSE / "producers/simulated_hall/demo.toml").read_text("utf-8"),
}  # fmt: skip
_TOML_ODD: Final = (
    "9" * 5000, "0x" + "f" * 9000, "[" * 20_000, "{a=" * 3000, "2026-02-30", "nan", "-inf", "1e999",
    '"\\UFFFFFFFF"', '"""', "'",
    "a." * 3000 + "a", "[[a]]", "true", "''", '"' + "나" * 5000 + '"', "1979-05-27T25:61:00", "[1, 'a', {}]", "{}", "",
)  # fmt: skip


def toml(random: Random) -> Callable[[Path], object]:
    name = random.choice([*TOML])
    lines = TOML[name].splitlines()
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        key = lines[at].partition("=")[0].strip() or "x"
        odd = random.choice(_TOML_ODD)
        lines[at] = random.choice((f"{key} = {odd}", f"{odd} = 1", f"[{odd}]", f"{lines[at]}\n{lines[at]}", odd))
    data = "\n".join(lines).encode()
    data = broken_bytes(random, data) if random.random() < 0.3 else data

    def take(scratch: Path) -> object:
        file = calibration_file("a", scratch) if name == "calibration.toml" else scratch / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        read: Mapping[str, Callable[[], object]] = {
            "naul.toml": lambda: load_settings(scratch, {}),
            "engine.toml": lambda: read_engine_file(file),
            "term.toml": lambda: read_term(file, NOW, "a"),
            "map.toml": lambda: read_map(file, ("columns",)),
            "calibration.toml": lambda: calibration_of("a", scratch),
            "script.toml": lambda: load_script(file),
        }
        return read[name]()

    return take


def papers(random: Random) -> Callable[[Path], object]:
    """Files of truth, of an export, of a replay that is not finished, of frames by their names."""
    kind = random.choice(("truth", "kept", "replay", "folder", "backup"))
    if kind == "backup":
        return backup(random)
    if kind == "truth":
        data = ",".join(TRUTH).encode() + b"\nEA0017-1,2026-03-09,1,201900001,present,09:01,\n"
        cells = data.replace(b"\n", b",").split(b",")
        place = cells[random.randrange(len(TRUTH), len(cells) - 1)]
        data = data.replace(place, random.choice(ODD_TEXTS).encode(), 1) if place else data
        data = broken_bytes(random, data) if random.random() < 0.5 else data
        return lambda _: read_truth(data, "truth.csv", SEOUL)
    if kind == "kept":
        frames = {"20260309T000000Z.jpg": "0" * 64}
        made = {"schema": "kept-frames/1", "hall": "E101", "camera": "front", "since": "2026-03-09T00:00:00Z",
                "until": "2026-03-09T01:00:00Z", "exported_at": "2026-03-09T01:00:00Z", "zone": "Asia/Seoul",
                "naul": "0.2.0", "frames": frames}  # fmt: skip
        data = broken_json(random, _json(made))
        return lambda scratch: (_written(scratch / "manifest.json", data), read_manifest(scratch))
    if kind == "replay":
        data = broken_json(random, b'{"run": "a", "since": "2026-03-09T00:00:00Z", "until": "2026-03-09T01:00:00Z"}')

        def take(scratch: Path) -> None:
            files = WorkFiles(load_settings(scratch, {}), "a")
            files.folder.mkdir(parents=True)
            _written(files.folder / "manifest.json", data)
            _written(files.folder / "plan.json", data)
            files.read()

        return take
    name = random.choice(
        ("20260309T000000Z.jpg", "20260230T000000Z.jpg", "00000000T000000Z.jpg", "x.jpg", "1" * 200 + ".jpg")
    )
    content = bomb_jpeg(random)

    def shots(scratch: Path) -> None:
        _written(scratch / name, content)
        [*Folder(scratch).shots()]

    return shots


def backup(random: Random) -> Callable[[Path], object]:
    """A manifest of a backup, a partition of it, or a page of a table."""
    packed = random.choice((b"", b"\0\0\0\5", b"\xff\xff\xff\xff" + bytes(5_000_000), b"\0\0\0\3" + b"\x95" * 3))
    data = gzip.compress(packed, 1)
    data = broken_bytes(random, data) if random.random() < 0.5 else data
    manifest = broken_json(random, b'{"at": "2026-03-09T00:00:00Z", "version": "0.2.0", "groups": {}, "topics": {}}')

    def take(scratch: Path) -> None:
        _written(scratch / "a.gz", data)
        _written(scratch / "manifest.json", manifest)
        for read in (lambda: [*read_records(scratch / "a.gz")], lambda: read_page(scratch / "a.gz")):
            with suppress(RefusedError):
                read()
        backup_manifest(scratch)

    return take


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


def _written(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def export(random: Random) -> Callable[[Path], object]:
    """Rows with what people typed, taken away as files: no cell of them is a formula to a spreadsheet."""
    starts = ("=", "+", "-", "@", "\t", "\r", "＝", "'=", "''+", "\n=", " =")
    rows = [[random.choice(starts) + random.choice(ODD_TEXTS), random.choice(ODD_TEXTS)] for _ in range(5)]

    def take(scratch: Path) -> None:
        text = io.StringIO(newline="")
        write_csv(text, ["a", "b"], rows)
        import csv as reader

        for row in reader.reader(io.StringIO(text.getvalue(), newline="")):
            assert not any(each[:1] in {*"=+-@\t\r＝＋－＠"} for each in row), row
        write_workbook(scratch / "a.xlsx", ["a", "b"], rows)
        with zipfile.ZipFile(scratch / "a.xlsx") as made:
            assert b"<f>" not in made.read("xl/worksheets/sheet1.xml")
        assert len(CalamineWorkbook.from_path(scratch / "a.xlsx").get_sheet_by_index(0).to_python()) == 6
        back = scratch / "a.csv"
        back.write_text(text.getvalue(), "utf-8", newline="")
        input_file(back)

    return take


KINDS: Final[Mapping[str, tuple[int, Make]]] = {
    "frame": (1300, frame),
    "sealed_frame": (200, sealed_frame),
    "photo": (700, photo),
    "photo_zip": (200, photo_zip),
    "engine_package": (100, engine_package),
    "headers": (900, headers),
    "message": (2000, message),
    "csv": (700, csv),
    "xlsx": (400, xlsx),
    "ics": (500, ics),
    "toml": (500, toml),
    "papers": (400, papers),
    "export": (100, export),
}
"""How many of the 10,000 each kind has; ``hostile_requests`` makes the other 2,000: what reaches a running site."""


def one(kind: str, number: int) -> Malformed:
    """Make an input again."""
    return Malformed(kind, number, KINDS[kind][1](Random(f"{SEED}|{kind}|{number}")))


def malformed(part: int, kind: str) -> Iterator[Malformed]:
    """Make all of a kind, or one in so many."""
    return (one(kind, number) for number in range(0, KINDS[kind][0], part))


def ask(given: Malformed, scratch: Path) -> bool:
    """Give an input to what reads it, and return whether it was refused.

    Raises:
        AssertionError: something else was raised than an error of ours with words for a person.
    """
    try:
        given.take(scratch)
    except NaulError as error:
        for language in ("en", "ko"):
            said = error.said(language)
            assert said.strip(), given
            assert "Traceback" not in said, given
        return True
    except BaseException as error:
        raise AssertionError(f"one({given.kind!r}, {given.number}) raised {type(error).__name__}: {error}") from error
    return False


class Memory:
    """How much of the memory this process holds."""

    def __init__(self) -> None:
        self.before = self._said("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak is counted from here

    def grown(self) -> tuple[int, int]:
        """Return MiB that it has grown since, and had grown at the most."""
        return self._said("VmRSS") - self.before, self._said("VmHWM") - self.before

    @staticmethod
    def _said(name: str) -> int:
        text = Path("/proc/self/status").read_text("ascii")
        return int(next(line for line in text.splitlines() if line.startswith(name)).split()[1]) // 1024
