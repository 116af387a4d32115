"""Whose photo a file is, by its name."""

import unicodedata
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.photo_names import KnownNames
from enrollment.photos import FoundPhotos, PhotoFolder, find_photos, sorted_out
from schemas.errors import RefusedError

IDS = ("20DCS076", "20DCS077", "0012345", "202100001", "2021_001", "2026/123", "20260309")
SECTIONS = ("CS2001-2", "EA0017-1")


def tree(*names: str) -> PhotoFolder:
    """The folder that holds these; one that ends in a slash is an empty folder."""

    def grown(path: Path, inside: Collection[str]) -> PhotoFolder:
        folders = sorted({each.partition("/")[0] for each in inside if "/" in each})
        below = {name: [each.partition("/")[2] for each in inside if each.startswith(f"{name}/")] for name in folders}
        files = sorted(each for each in inside if each and "/" not in each)
        return PhotoFolder(
            path, tuple(grown(path / name, below[name]) for name in folders), tuple(path / each for each in files)
        )

    return grown(Path("photos"), names)


def found(*names: str, ids: Collection[str] = (), sections: Collection[str] = ()) -> FoundPhotos:
    return sorted_out(tree(*names), KnownNames(ids, sections))


def people(*names: str, ids: Collection[str] = (), sections: Collection[str] = ()) -> dict[str, list[str]]:
    return {
        student: [str(each.relative_to("photos")) for each in photos]
        for student, photos in found(*names, ids=ids, sections=sections).people.items()
    }


def ignored(*names: str, ids: Collection[str] = (), sections: Collection[str] = ()) -> dict[str, str]:
    return {
        str(each.path.relative_to("photos")): each.why for each in found(*names, ids=ids, sections=sections).ignored
    }


# ---------------------------------------------------------------- students


def test_a_folder_a_student_a_file_a_student_and_files_with_an_ending() -> None:
    names = ("1001/a.jpg", "1001/b.png", "1002.jpg", "1002_left.jpg", "1001_3.jpeg", "1003 (2).jpg", "1003 Kim.jpg")
    assert people(*names) == {
        "1001": ["1001/a.jpg", "1001/b.png", "1001_3.jpeg"],
        "1002": ["1002.jpg", "1002_left.jpg"],
        "1003": ["1003 (2).jpg", "1003 Kim.jpg"],
    }
    assert ignored(*names) == {}


ENDINGS = "JPG PNG jfif jpeg jpe HEIC heif avif webp bmp tif tiff pgm ppm"


@pytest.mark.parametrize("ending", ENDINGS.split())
def test_every_format_that_is_read_is_a_photo_by_its_ending(ending: str) -> None:
    assert people(f"1001/a.{ending}", f"1002.{ending}") == {"1001": [f"1001/a.{ending}"], "1002": [f"1002.{ending}"]}


def test_whatever_is_nobodys_photo_is_named_with_its_reason() -> None:
    names = ("1001/a.jpg", "1001/notes.txt", "1001/old/b.jpg", "me.jpg", "group picture/a.jpg", "1002.gif", "1003.dng")
    assert people(*names) == {"1001": ["1001/a.jpg"]}
    assert ignored(*names) == {
        "1001/notes.txt": "no_photo",
        "1001/old": "nested",
        "me.jpg": "nobody",
        "group picture/a.jpg": "nobody",
        "1002.gif": "unread",
        "1003.dng": "unread",
    }
    meant = {each.path.name: each.meant for each in found(*names).ignored}
    assert [name for name, was in meant.items() if not was] == ["notes.txt"]


def test_a_students_folder_without_photos_is_not_passed_over() -> None:
    assert people("1001/", "1002.jpg") == {"1001": [], "1002": ["1002.jpg"]}


def test_ids_of_two_digits_are_ids_where_nothing_else_can_be_meant() -> None:
    assert people("07.jpg", "12.jpg") == {"07": ["07.jpg"], "12": ["12.jpg"]}
    assert ignored("Kim Minsu/01.jpg", "Kim Minsu/02.jpg") == {
        "Kim Minsu/01.jpg": "nobody",
        "Kim Minsu/02.jpg": "nobody",
    }
    assert people("CS2001-2/07.jpg", "CS2001-2/12.jpg", sections=["CS2001-2"], ids=["07"]) == {
        "07": ["CS2001-2/07.jpg"],
        "12": ["CS2001-2/12.jpg"],
    }


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("20DCS076.jpg", "20DCS076"),
        ("20DCS076-1.jpg", "20DCS076"),
        ("20DCS076-2.jpg", "20DCS076"),
        ("20DCS076 (2).jpg", "20DCS076"),
        ("20DCS076(2).jpg", "20DCS076"),
        ("20DCS076.front.jpg", "20DCS076"),
        ("20DCS076 홍길동.jpg", "20DCS076"),
        ("20DCS076홍길동.jpg", "20DCS076"),
        ("홍길동_20DCS076.jpg", "20DCS076"),
        ("홍길동(20DCS076).jpg", "20DCS076"),
        ("2021_001.jpg", "2021_001"),
        ("2021_001_left.jpg", "2021_001"),
        ("2026%2F123.jpg", "2026/123"),
        ("2026%2f123/a.jpg", "2026/123"),
        ("2026/123/a.jpg", "2026/123"),
        ("20260309.jpg", "20260309"),
        ("20DCS076 홍길동/a.jpg", "20DCS076"),
        ("２０ＤＣＳ０７６.jpg", "20DCS076"),
        ("IMG_20DCS076/IMG_1.jpg", ""),
    ],
)
def test_an_id_of_a_roster_is_believed_where_it_stands_alone(name: str, student: str) -> None:
    assert list(people(name, ids=IDS)) == ([student] if student else [])


def test_the_longest_id_wins() -> None:
    assert people("CS-1.jpg", "CS-2.jpg", ids=["CS", "CS-1"]) == {"CS": ["CS-2.jpg"], "CS-1": ["CS-1.jpg"]}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("20dcs076.jpg", "20DCS076"),
        ("20dcs076/a.jpg", "20DCS076"),
        ("20dcs076 홍길동/a.jpg", "20DCS076"),
        ("20dcs076_2.jpg", "20DCS076"),
        ("20dcs076-2.jpg", "20DCS076"),
        ("12345.jpg", "0012345"),
        ("012345/a.jpg", "0012345"),
        ("2021-001.jpg", "2021_001"),
        ("2026-123/a.jpg", "2026/123"),
    ],
)
def test_what_only_resembles_an_id_of_a_roster_is_refused_with_that_id(name: str, known: str) -> None:
    result = found(name, ids=IDS)
    assert result.people == {}
    (only,) = result.ignored
    assert (only.why, only.values["known"], only.meant) == ("resembles", (known,), True)
    assert only.values["file"] == (known.replace("/", "%2F"),)


def test_ids_on_no_roster_are_taken_and_told() -> None:
    result = found("20DCS076.jpg", "99XYZ123.jpg", "99XYZ124/a.jpg", ids=IDS)
    assert list(result.people) == ["20DCS076", "99XYZ123", "99XYZ124"]
    assert (result.unlisted, result.checked) == (("99XYZ123", "99XYZ124"), True)
    result = found("20DCS076.jpg")
    assert (result.unlisted, result.checked) == ((), False)


def test_a_photo_in_a_students_folder_with_the_name_of_another_is_refused() -> None:
    names = ("20DCS076/front.jpg", "20DCS076/20DCS077.jpg", "20DCS076/IMG_1234.jpg", "20DCS076/1.jpg")
    assert people(*names, ids=IDS) == {"20DCS076": ["20DCS076/1.jpg", "20DCS076/IMG_1234.jpg", "20DCS076/front.jpg"]}
    assert ignored(*names, ids=IDS) == {"20DCS076/20DCS077.jpg": "other"}


# ---------------------------------------------------------------- telephones, cameras, messengers


FROM_DEVICES = """
KakaoTalk_20260309_101112345.jpg KakaoTalk_Photo_2026-03-09-10-11-12.jpeg Screenshot_2026.png IMG_1234.jpg
IMG_E1234.HEIC 20260309_101112.jpg 20260309101112.jpg 2026-03-09.jpg DSC01234.jpg DSC_0001.JPG DSCN1234.jpg
DSCF1234.jpg PXL_20260309_101112123.jpg P1010001.JPG IMG-20260309-WA0001.jpg image0.jpeg IMG20260309101112.jpg
MVIMG_20260309_101112.jpg WhatsApp_Image_2026-03-09.jpeg photo_2026-03-09_10-11-12.jpg signal-2026-03-09.jpg
1709876543210.jpg mmexport1709876543210.jpg 스크린샷_2026.png S__12345678.jpg GOPR1234.JPG DJI_0001.JPG
WIN_20260309_10_11_12_Pro.jpg FB_IMG_1709876543210.jpg received_123456.jpeg Snapchat-1234.jpg SAM_1234.JPG
3F2504E0-4F89-11D3-9A0C-0305E82C3301.jpg R0012345.JPG L1000123.JPG CIMG1234.JPG _MG_1234.JPG B612_2026.jpg
100APPLE/IMG_0001.HEIC 2026-03-09/IMG_0001.HEIC"""


@pytest.mark.parametrize("name", FROM_DEVICES.split())
@pytest.mark.parametrize("ids", [(), IDS], ids=["no roster", "rosters"])
def test_what_a_device_names_its_pictures_is_no_id(name: str, ids: tuple[str, ...]) -> None:
    assert people(name, ids=ids) == {}
    assert set(ignored(name, ids=ids).values()) <= {"device", "nobody", "stamp"}
    assert len(found(name, ids=ids).ignored) == 1


def test_a_device_may_name_the_pictures_in_a_students_folder() -> None:
    names = ("1001/IMG_1234.jpg", "1001/20260309_101112.jpg", "1001/20260309.jpg", "1001/KakaoTalk_2026.jpg")
    assert list(people(*names)) == ["1001"]
    assert ignored(*names) == {}


def test_a_name_that_may_be_an_id_or_the_time_of_a_photo_is_refused() -> None:
    assert ignored("20260309_101112.jpg", ids=["20260309"]) == {"20260309_101112.jpg": "stamp"}
    assert people("20260309_2.jpg", ids=["20260309"]) == {"20260309": ["20260309_2.jpg"]}


# ---------------------------------------------------------------- classes


BY_CLASS = ("CS2001-2/20DCS076.jpg", "CS2001-2/20DCS077.jpg", "CS2001-2/20DCS078.jpg", "CS2001-2/20DCS079.jpg")


@pytest.mark.parametrize(
    ("ids", "sections"),
    [
        pytest.param((), ("CS2001-2",), id="named like a section"),
        pytest.param((), ("cs2001_02",), id="a section that is written otherwise"),
        pytest.param(("20DCS077",), (), id="a roster knows one of its files"),
    ],
)
def test_a_class_is_gone_into(ids: tuple[str, ...], sections: tuple[str, ...]) -> None:
    assert list(people(*BY_CLASS, ids=ids, sections=sections)) == ["20DCS076", "20DCS077", "20DCS078", "20DCS079"]


def test_a_folder_that_may_be_a_student_or_a_class_is_refused_with_both() -> None:
    (only,) = found(*BY_CLASS).ignored
    assert (str(only.path), only.why) == ("photos/CS2001-2", "class")
    assert only.values == {"name": "CS2001-2", "other": "20DCS076"}
    assert ignored("CS2001-2/20DCS076-1.jpg", "CS2001-2/20DCS076-2.jpg") == {"CS2001-2": "class"}
    assert ignored("CS2001-2/20DCS076.jpg") == {"CS2001-2": "class"}


@pytest.mark.parametrize("deep", ["", "2026/", "2026/1학기/컴퓨터공학과/"])
@pytest.mark.parametrize("ids", [(), IDS], ids=["no roster", "rosters"])
def test_a_folder_of_folders_is_a_class_however_deep(deep: str, ids: tuple[str, ...]) -> None:
    names = (f"{deep}CS2001-2/20DCS076/front.jpg", f"{deep}CS2001-2/20DCS077/1.jpg")
    assert people(*names, ids=ids) == {"20DCS076": [names[0]], "20DCS077": [names[1]]}


def test_the_photos_of_a_student_from_several_places_come_together() -> None:
    names = ("A반/20DCS076.jpg", "B반/20DCS076/a.jpg", "20DCS076-1.jpg")
    assert people(*names, ids=IDS) == {"20DCS076": ["20DCS076-1.jpg", "A반/20DCS076.jpg", "B반/20DCS076/a.jpg"]}


def test_a_student_who_is_named_like_a_section_is_one_unless_others_are_inside() -> None:
    assert people("101/front.jpg", ids=["101", "20DCS076"], sections=["101"]) == {"101": ["101/front.jpg"]}
    assert list(people("101/20DCS076.jpg", ids=["101", "20DCS076"], sections=["101"])) == ["20DCS076"]


# ---------------------------------------------------------------- in doubt


@pytest.mark.parametrize(
    ("names", "readings"),
    [
        (["CS-1.jpg", "CS-2.jpg"], [("CS", "CS-1"), ("CS", "CS-2")]),
        (["202100001-1.jpg"], [("202100001", "202100001-1")]),
        (["1001.front.jpg"], [("1001", "1001.front")]),
    ],
)
def test_a_number_behind_an_id_that_may_belong_to_it_is_refused_with_both(
    names: list[str], readings: list[tuple[str, str]]
) -> None:
    result = found(*names)
    assert result.people == {}
    assert [(each.values["one"], each.values["other"]) for each in result.ignored] == readings


def test_ids_with_a_dash_that_hides_no_number_are_ids() -> None:
    assert list(people("20-12345.jpg", "2026-0012/a.jpg")) == ["20-12345", "2026-0012"]


@pytest.mark.parametrize("ids", [(), IDS], ids=["no roster", "rosters"])
@pytest.mark.parametrize(
    ("name", "form", "known"),
    [
        ("202100001.0.jpg", "202100001.0", "202100001"),
        ("202100001.0/front.jpg", "202100001.0", "202100001"),
        ("202100001.00 (2).jpg", "202100001.00", "202100001"),
        ("홍길동_202100001.0.jpg", "202100001.0", "202100001"),
        ("202,100,001.jpg", "202,100,001", "202100001"),
        ("2.021E+08.jpg", "2.021E+08", ""),
        ("2.021e+08_2.jpg", "2.021e+08", ""),
        ("2.021E8.jpg", "2.021E8", ""),
        ("2,021E+08/front.jpg", "2,021E+08", ""),
        ("홍길동 2.021E+08.jpg", "2.021E+08", ""),
    ],
)
def test_what_a_spreadsheet_made_of_an_id_is_refused_with_the_id_if_it_can_be_told(
    ids: tuple[str, ...], name: str, form: str, known: str
) -> None:
    result = found(name, ids=ids)
    assert result.people == {}
    (only,) = result.ignored
    assert (only.why, only.values["name"]) == ("spreadsheet" if known else "rounded", form)
    assert only.values.get("known", "") == known


@pytest.mark.parametrize("name", ["202100001_v2.0.jpg", "202100001_2.0.jpg", "202100001 1,024x768.jpg"])
def test_other_numbers_behind_an_id_are_nobodys(name: str) -> None:
    assert list(people(name, ids=IDS)) == ["202100001"]


@pytest.mark.parametrize(
    "names",
    [
        ["2026/123.png", "2026/124.png"],
        ["photos of spring/2026/123.png", "photos of spring/2026/124_2.png"],
        ["2026/123 Kim/a.png", "2026/124/a.png"],
    ],
)
def test_folders_and_a_name_together_are_an_id_with_a_slash(names: list[str]) -> None:
    assert list(people(*names, ids=["2026/123", "2026/124"])) == ["2026/123", "2026/124"]


def test_folders_and_a_name_that_together_only_resemble_an_id_are_refused_with_it() -> None:
    (only,) = found("2026/1.png", ids=["2026/001", "2026/002"]).ignored
    assert (only.why, only.values["file"]) == ("resembles", ("2026%2F001",))


@pytest.mark.parametrize("ids", [(), ("202100010", "202100011")], ids=["no roster", "rosters"])
@pytest.mark.parametrize("name", ["202100010_202100011.jpg", "202100010 202100011.jpg", "202100010_202100011/a.jpg"])
def test_a_name_that_holds_two_ids_is_refused_with_both(ids: tuple[str, ...], name: str) -> None:
    result = found(name, ids=ids)
    assert result.people == {}
    (only,) = result.ignored
    assert (only.why, only.values["students"]) == ("several", ("202100010", "202100011"))


def test_a_name_with_an_id_and_one_that_no_roster_has_is_refused_and_one_with_a_day_is_not() -> None:
    assert ignored("202100010_202100099.jpg", ids=["202100010"]) == {"202100010_202100099.jpg": "several"}
    assert ignored("202100010/202100010-202100011.jpg", ids=["202100010", "202100011"]) == {
        "202100010/202100010-202100011.jpg": "several"
    }
    assert list(people("20210001_20260309.jpg", "20210001_20260309_101112.jpg", ids=["20210001"])) == ["20210001"]


@pytest.mark.parametrize("name", ["MA1010-2", "MA1010", "PHYS101"])
def test_the_folder_of_a_section_that_no_roster_has_is_no_student(name: str) -> None:
    names = (f"{name}/KakaoTalk_20260309.jpg", "202100001.jpg")
    assert list(people(*names, ids=["202100001"], sections=["CS2001-2"])) == ["202100001"]
    assert ignored(*names, ids=["202100001"], sections=["CS2001-2"]) == {name: "strange"}
    assert ignored("MA1010-2_front.jpg", ids=["202100001"], sections=["CS2001-2"]) == {"MA1010-2_front.jpg": "strange"}


@pytest.mark.parametrize(
    ("ids", "taken"),
    [
        pytest.param(["202100001", "202100002"], False, id="all ids have nine digits"),
        pytest.param(["202100001", "20261"], True, id="ids have five or nine digits"),
        pytest.param([], True, id="no roster"),
    ],
)
def test_a_number_with_other_digits_than_all_ids_is_a_year_or_a_term(ids: list[str], taken: bool) -> None:
    for name in ("2021/1.jpg", "2021.jpg"):
        assert list(people(name, "202100001.jpg", ids=ids)) == (["2021", "202100001"] if taken else ["202100001"])
        assert list(ignored(name, ids=ids).values()) == ([] if taken else ["strange"])


def test_ids_that_differ_only_in_case_are_both_named() -> None:
    (only,) = found("B-77A.jpg", ids=["B-77a", "b-77A"]).ignored
    assert only.values["file"] == ("B-77a", "b-77A")


def test_an_id_with_a_slip_is_told_with_the_one_that_was_meant() -> None:
    assert found("20210010.jpg", "202100099.jpg", ids=["202100010", "202100090", "2026/001"]).near == (
        ("20210010", "202100010"),
    )


@given(st.lists(st.text("aA1209_-. ()/%2F홍", min_size=1, max_size=14), max_size=6), st.booleans())
def test_no_name_is_lost_or_taken_twice(stems: list[str], listed: bool) -> None:
    names = {f"{each.strip('/')}.jpg" for each in stems if "//" not in each and each.strip("/. ")}
    names -= {each for each in names if any(other.startswith(f"{each}/") for other in names)}
    result = found(*names, ids=["A1", "12-09", "2_1"] if listed else [])
    taken = [path for paths in result.people.values() for path in paths]
    assert len(taken) == len(set(taken))
    told = [each.path for each in result.ignored]
    for name in names:
        path = Path("photos") / name
        assert path in taken or any(each == path or each in path.parents for each in told)


# ---------------------------------------------------------------- folders on a disk


def made(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(b"")
    return root


def test_litter_is_passed_over_in_silence(tmp_path: Path) -> None:
    made(tmp_path, "1001/a.jpg", "1001/.DS_Store", "1001/._a.jpg", ".hidden/a.jpg", "Thumbs.db", "__MACOSX/1002.jpg")
    result = find_photos(tmp_path)
    assert (list(result.people), result.ignored) == (["1001"], ())


def test_names_in_pieces_are_read_whole(tmp_path: Path) -> None:
    made(tmp_path, unicodedata.normalize("NFD", "컴공 20DCS076 홍길동/가.jpg"))
    assert list(find_photos(tmp_path, ids=IDS).people) == ["20DCS076"]


def test_dashes_of_a_word_processor_name_the_same_student(tmp_path: Path) -> None:
    made(tmp_path, "2019\u201312345.jpg")
    assert list(find_photos(tmp_path, ids=("2019-12345",)).people) == ["2019-12345"]


def test_a_students_own_folder_may_be_given(tmp_path: Path) -> None:
    made(tmp_path, "20DCS076/front.jpg", "20DCS076/IMG_1.jpg")
    assert list(find_photos(tmp_path / "20DCS076", ids=IDS).people) == ["20DCS076"]


def test_a_link_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    made(tmp_path, "class/1001.jpg")
    (tmp_path / "class" / "again").symlink_to(tmp_path)
    assert {name: len(photos) for name, photos in find_photos(tmp_path).people.items()} == {"1001": 1}


def test_a_folder_without_people_has_none(tmp_path: Path) -> None:
    assert find_photos(tmp_path).people == {}


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    photo = tmp_path / "1001.jpg"
    photo.write_bytes(b"")
    with pytest.raises(RefusedError, match="is no folder"):
        find_photos(photo)
