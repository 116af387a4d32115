"""What is said of rosters and timetables when they are loaded and looked at, in Korean and English."""

from typing import Final

from schemas.settings import Settings

__all__ = ["say"]

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "read_as": "{file} read as {read_as}",
        "read_in_zone": "{file} read as {read_as}, times in {zone}",
        "and_more": " and {count} more",
        "looks_like": "; {name} looks like {near}",
        "roster_first": "{section}: {students} students, from the beginning of the course on",
        "roster_same": "{section}: {students} students, as before",
        "roster_from": "{section}: {students} students from {since} on: {what}",
        "new": "{count} new ({names})",
        "gone": "{count} no longer ({names})",
        "renamed": "{count} with another name ({names})",
        "roster_replaced": "{section}: the rosters that were to hold from {dates} on are replaced, too",
        "roster_past": "Class hours before {since} keep the roster that they had. If it was wrong then, too, load it "
        "with --from and the first date on which it was.",
        "roster_takes_away": "{count} students are on a roster now and not in this file. Their attendance from {since} "
        "on is withdrawn, with a note why.",
        "timetable_range": "The file replaces the class hours of {sections} from {first} to {last}: "
        "{new} new, {changed} changed, {removed} no longer, {same} as before.",
        "moves": "{hour} moves from {was} to {now}",
        "removed": "{hour} is no longer there",
        "kept": "{count} class hours are not in the file and stay, for they have begun: {names}",
        "shared": "{section} and {other} meet in one hall at once ({hall}, {when}). Faces are looked for on both "
        "rosters. If that is not so, correct the hall.",
        "timetable_takes_away": "{count} class hours that stand now are not in this file and would be removed.",
        "confirm": "Apply it?",
        "unconfirmed": "Nothing was applied. Add --yes if that is meant.",
        "kept_all": "Nothing was applied.",
        "no_roster": "No roster for {names} of the timetable: nobody is looked for there{near}. Load one with `naul "
        "roster load`, or correct the section.",
        "no_hours": "No class hour for {names}, which has a roster{near}. Load a timetable with `naul timetable load`, "
        "or correct the section.",
        "ids_unknown": "{count} of {of} enrolled ids are on no roster: {names}{near}. Correct the ids of the roster or "
        "the photos' names, and load again.",
        "ids_alike": "Ids on rosters that differ only in how they are written{near}. If that is one person, write the "
        "id in one way and load again.",
        "not_enrolled": "{count} of {of} students on rosters have no enrolled face, so no camera can know them: "
        "{names}{near}. Add photos with `naul enroll`.",
    },
    "ko": {
        "read_as": "{file} 파일을 읽었습니다: {read_as}",
        "read_in_zone": "{file} 파일을 읽었습니다: {read_as}, 시각은 {zone} 기준",
        "and_more": " 외 {count}건",
        "looks_like": "; {name} → 혹시 {near}?",
        "roster_first": "{section}: 수강생 {students}명, 개강일부터 적용",
        "roster_same": "{section}: 수강생 {students}명, 변경 없음",
        "roster_from": "{section}: {since}부터 수강생 {students}명: {what}",
        "new": "추가 {count}명({names})",
        "gone": "제외 {count}명({names})",
        "renamed": "이름 변경 {count}명({names})",
        "roster_replaced": "{section}: {dates}부터 적용하려던 명단도 이 명단으로 바뀝니다",
        "roster_past": "{since} 이전 교시의 명단은 그대로입니다. 그때 명단도 틀렸다면 --from에 바로잡을 첫 날짜를 적어 "
        "다시 올리세요.",
        "roster_takes_away": "현재 명단의 {count}명이 이 파일에 없습니다. {since}부터의 출결은 사유를 남기고 "
        "철회됩니다.",
        "timetable_range": "{sections}의 {first} ~ {last} 교시를 이 파일로 바꿉니다: "
        "추가 {new}, 변경 {changed}, 삭제 {removed}, 그대로 {same}.",
        "moves": "{hour}: 강의실을 {was}에서 {now}(으)로 옮깁니다",
        "removed": "{hour}: 삭제됩니다",
        "kept": "파일에 없지만 이미 시작되어 그대로 두는 교시 {count}개: {names}",
        "shared": "{section}, {other} 분반이 같은 시간에 한 강의실을 씁니다({hall}, {when}). 두 명단에서 함께 얼굴을 "
        "찾습니다. 사실이 아니면 강의실을 고쳐 주세요.",
        "timetable_takes_away": "현재 시간표의 교시 {count}개가 이 파일에 없어 삭제됩니다.",
        "confirm": "적용할까요?",
        "unconfirmed": "적용하지 않았습니다. 맞다면 --yes를 붙여 다시 실행하세요.",
        "kept_all": "적용하지 않았습니다.",
        "no_roster": "시간표의 {names} 분반에 명단이 없어 아무도 찾지 않습니다{near}. `naul roster load`로 명단을 "
        "올리거나 분반 이름을 고쳐 주세요.",
        "no_hours": "명단이 있는 {names} 분반의 교시가 시간표에 없습니다{near}. `naul timetable load`로 시간표를 "
        "올리거나 분반 이름을 고쳐 주세요.",
        "ids_unknown": "등록된 학번 {of}개 중 {count}개가 어느 명단에도 없습니다: {names}{near}. 명단의 학번이나 사진 "
        "이름을 고쳐 다시 올리세요.",
        "ids_alike": "명단에 표기만 다른 학번이 있습니다{near}. 같은 사람이면 한 가지로 적어 다시 올리세요.",
        "not_enrolled": "명단의 {of}명 중 {count}명은 등록된 얼굴이 없어 카메라가 알아볼 수 없습니다: {names}{near}. "
        "`naul enroll`로 사진을 등록하세요.",
    },
}


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name in the site's language, its values filled in."""
    return _TEXTS[settings.language][text].format(**values)
