"""What is said of rosters and timetables when they are loaded and looked at, in Korean and English."""

from collections.abc import Sequence
from typing import Final

from schemas.settings import Settings

__all__ = ["listed", "say"]

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "read_as": "{file} read as {read_as}",
        "read_in_zone": "{file} read as {read_as}, times in {zone}",
        "and_more": " and {count} more",
        "looks_like": "; {name} looks like {near}",
        "roster_first": "{section}: a roster of {students}, from the beginning of the course on",
        "roster_same": "{section}: a roster of {students}, as before",
        "roster_from": "{section}: a roster of {students} from {since} on: {what}",
        "new": "{count} new ({names})",
        "gone": "{count} no longer ({names})",
        "renamed": "{count} with another name ({names})",
        "roster_replaced": "{section}: the rosters that were to hold from {dates} on are replaced, too",
        "roster_past": "Class hours before {since} keep the roster that they had. If it was wrong then, too, load it "
        "with --from and the first date on which it was.",
        "roster_takes_away": "On a roster now and not in this file: {count}. Their attendance from {since} on is "
        "withdrawn within a minute, with a note why.",
        "timetable_range": "Class hours of {sections} from {first} to {last} are replaced: "
        "{new} new, {changed} changed, {removed} no longer, {same} as before.",
        "timetable_removal": "Class hours of {sections} from {first} to {last}: {removed} are removed.",
        "roster_goes": "{section}: the roster of {students}{when} is removed",
        "roster_since": " from {since} on",
        "roster_bare": "Class hours to come for which nobody is looked then: {count} ({names}).",
        "roster_none": "section {section!r} has no roster{when}{near}",
        "roster_none_remedy": "`naul roster show SECTION` shows what a section has.",
        "roster_begun": "the roster of {section} was in force when class hours began ({count}): {names}",
        "roster_begun_remedy": "Its students have rows there. Load a corrected roster with `naul roster load FILE --from "
        "DATE`, and they are withdrawn with a note; or remove only what holds later, with --from.",
        "moves": "{hour} moves from {was} to {now}",
        "removed": "{hour} is no longer there",
        "kept": "Class hours that have begun and stay ({count}): {names}",
        "shared": "{section} and {other} meet in one hall at once ({hall}, {when}). Faces are looked for on both "
        "rosters. If that is not so, correct the hall.",
        "timetable_takes_away": "Class hours that stand now, are not in this file and would be removed: {count}.",
        "confirm": "Apply it?",
        "column_student": "student",
        "column_name": "name",
        "column_photos": "photos",
        "column_engine": "engine",
        "not_enrolled_yet": "not enrolled",
        "roster_title": "{section} on {day}: a roster of {count}",
        "roster_unseen": "Not enrolled: {count}. No camera can know them. Add photos with `naul enroll`.",
        "times_in": "times in {zone}",
        "unconfirmed": "Nothing was applied. Add --yes if that is meant.",
        "kept_all": "Nothing was applied.",
        "no_roster": "No roster for {names} of the timetable: nobody is looked for there{near}. Load one with `naul "
        "roster load`, or correct the section.",
        "no_hours": "No class hour for {names}, which has a roster{near}. Load a timetable with `naul timetable load`, "
        "correct the section, or take the roster away with `naul roster remove`.",
        "ids_unknown": "{count} of {of} enrolled ids are on no roster: {names}{near}. Correct the ids of the roster or "
        "the photos' names, and load again.",
        "ids_alike": "Ids on rosters that differ only in how they are written{near}. If that is one person, write the "
        "id in one way and load again.",
        "halls_alike": "Halls that differ only in how they are written{near}. If that is one hall, write it in one way and "
        "load the timetable again.",
        "not_enrolled": "{count} of {of} students on rosters have no enrolled face, so no camera can know them: "
        "{names}{near}. Add photos with `naul enroll`.",
        "frames_hall": "{count} of the last {of} frames of {camera} are of a hall that the timetable does not know{near}. "
        "They are put aside: correct the hall, or load its timetable.",
        "frames_outside": "None of the last {of} recorded frames of {camera} falls into a class hour{near}. Check the "
        "dates of the timetable and the times of the recording (--names-in, --starts-at).",
        "frames_nearest": "; the nearest is {hour}",
        "letters": "Messages were put aside by {stage} ({count}): {why}. `naul dead-letters list` shows them; when the cause "
        "is mended, `naul dead-letters retry`, else `naul dead-letters dismiss`.",
        "nothing_unknown": "Nothing is stored for this. Why, only Kafka would know: {why}. Start it with `naul up`.",
        "nothing_of_run": "Nothing is stored for this in the run {run}. `naul runs list` shows which runs there are, and "
        "`naul runs show {run}` what it judged.",
        "nothing_run": "There is no run {run}{near}. `naul runs list` names them all.",
        "nothing_answers": "No row answers this: {purpose} `naul report attendance` shows what is stored, and says why if "
        "there is nothing.",
        "nothing_withdrawn": "{student} is no longer on the roster of {sections}, and what was said of him there is "
        "withdrawn. `naul report query withdrawn` shows it, with the reason.",
        "nothing_timetable": "Nothing is stored yet: no timetable is loaded. Load one with `naul timetable load FILE`.",
        "nothing_section": "There is no section {name}{near}. `naul timetable show` lists those that meet.",
        "nothing_hall": "The timetable knows no hall {name}{near}. `naul timetable show` lists them.",
        "nothing_student": "{name} is on no roster{near}. Load it with `naul roster load FILE`, or correct the id.",
        "nothing_hour": "There is no such class hour{near}. `naul timetable show` lists all.",
        "nothing_nearest": "; the nearest are {hours}",
        "nothing_yet": "The class hour has not begun: {hour}.",
        "nothing_aside": "Frames of this hall were put aside ({count}): {why}. Mend the cause, then `naul dead-letters "
        "retry`; `naul dead-letters list` shows each.",
        "nothing_left": "Nobody is known to have left. Judged class hours like this: {count}; cameras covered {share} of "
        "their time and saw {seen} of the {of} who were to be there.",
        "nothing_covered": " Who left while nothing was covered is not known: `naul report coverage` says how much that "
        "is.",
        "nothing_seen": "Nobody was seen, so nothing is known of who left. Judged class hours like this: {count}; "
        "cameras covered {share} of their time. `naul report attendance` and `naul report coverage` say more.",
        "nothing_of_student": "{student} is on the roster of {sections}, and there is no such class hour of it{near}. "
        "`naul timetable show` lists all.",
        "nothing_judged": "Nothing is judged yet of the class hours that have begun ({count}). A running one is judged about once a "
        "minute, one of the past when its frames have been looked at: `naul wait` waits for that, and `naul status` "
        "says whether the workers run.",
    },
    "ko": {
        "read_as": "{file} 파일을 읽었습니다: {read_as}",
        "read_in_zone": "{file} 파일을 읽었습니다: {read_as}, 시각은 {zone} 기준",
        "and_more": " 외 {count}건",
        "looks_like": " ({name} → {near}?)",
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
        "1분 안에 철회됩니다.",
        "timetable_range": "{sections} 분반의 {first} ~ {last} 교시를 바꿉니다: "
        "추가 {new}, 변경 {changed}, 삭제 {removed}, 그대로 {same}.",
        "timetable_removal": "{sections} 분반의 {first} ~ {last} 교시 중 {removed}개를 삭제합니다.",
        "roster_goes": "{section}: 수강생 {students}명 명단{when}을 삭제합니다",
        "roster_since": "({since}부터 적용)",
        "roster_bare": "앞으로 아무도 찾지 않게 되는 교시 {count}개: {names}",
        "roster_none": "{section!r} 분반의 명단이 없습니다{when}{near}",
        "roster_none_remedy": "`naul roster show SECTION` 명령으로 분반의 명단을 볼 수 있습니다.",
        "roster_begun": "{section} 명단이 적용된 교시 {count}개가 이미 시작되었습니다: {names}",
        "roster_begun_remedy": "그 학생들의 출결이 있습니다. `naul roster load FILE --from DATE`로 바로잡은 명단을 올리면 "
        "사유를 남기고 철회됩니다. 나중에 적용될 명단만 지우려면 --from을 쓰세요.",
        "moves": "{hour}: 강의실을 {was}에서 {now}(으)로 옮깁니다",
        "removed": "{hour}: 삭제됩니다",
        "kept": "이미 시작되어 그대로 두는 교시 {count}개: {names}",
        "shared": "{section}, {other} 분반이 같은 시간에 한 강의실을 씁니다({hall}, {when}). 두 명단에서 함께 얼굴을 "
        "찾습니다. 사실이 아니면 강의실을 고쳐 주세요.",
        "timetable_takes_away": "현재 시간표의 교시 {count}개가 이 파일에 없어 삭제됩니다.",
        "confirm": "적용할까요?",
        "column_student": "학번",
        "column_name": "이름",
        "column_photos": "사진",
        "column_engine": "엔진",
        "not_enrolled_yet": "미등록",
        "roster_title": "{section} {day} 명단: {count}명",
        "roster_unseen": "미등록 {count}명은 카메라가 알아볼 수 없습니다. `naul enroll`로 사진을 등록하세요.",
        "times_in": "시각은 {zone} 기준",
        "unconfirmed": "적용하지 않았습니다. 맞다면 --yes를 붙여 다시 실행하세요.",
        "kept_all": "적용하지 않았습니다.",
        "no_roster": "시간표의 {names} 분반에 명단이 없어 아무도 찾지 않습니다{near}. `naul roster load`로 명단을 "
        "올리거나 분반 이름을 고쳐 주세요.",
        "no_hours": "명단이 있는 {names} 분반의 교시가 시간표에 없습니다{near}. `naul timetable load`로 시간표를 "
        "올리거나 분반 이름을 고치거나, 잘못된 명단이면 `naul roster remove`로 삭제하세요.",
        "ids_unknown": "등록된 학번 {of}개 중 {count}개가 어느 명단에도 없습니다: {names}{near}. 명단의 학번이나 사진 "
        "이름을 고쳐 다시 올리세요.",
        "ids_alike": "명단에 표기만 다른 학번이 있습니다{near}. 같은 사람이면 한 가지로 적어 다시 올리세요.",
        "halls_alike": "시간표에 표기만 다른 강의실이 있습니다{near}. 같은 강의실이면 한 가지로 적어 시간표를 다시 올리세요.",
        "not_enrolled": "명단의 {of}명 중 {count}명은 등록된 얼굴이 없어 카메라가 알아볼 수 없습니다: {names}{near}. "
        "`naul enroll`로 사진을 등록하세요.",
        "frames_hall": "{camera} 카메라의 최근 화면 {of}장 중 {count}장이 시간표에 없는 강의실의 것입니다{near}. 처리되지 "
        "않으니 강의실 이름을 고치거나 시간표를 올리세요.",
        "frames_outside": "{camera} 카메라가 보낸 녹화 화면 최근 {of}장 중 교시에 해당하는 것이 없습니다{near}. 시간표의 날짜와 "
        "녹화 시각(--names-in, --starts-at)을 확인하세요.",
        "frames_nearest": "; 가장 가까운 교시: {hour}",
        "letters": "{stage} 단계에서 메시지 {count}건이 처리되지 못했습니다: {why}. `naul dead-letters list`로 확인하고, 원인을 "
        "바로잡은 뒤 `naul dead-letters retry`를 실행하세요.",
        "nothing_unknown": "저장된 내용이 없습니다. 이유는 Kafka가 켜져 있어야 알 수 있습니다: {why}. `naul up`으로 "
        "시작하세요.",
        "nothing_of_run": "실행 {run}에는 저장된 내용이 없습니다. `naul runs list`로 어떤 실행이 있는지, `naul runs show "
        "{run}` 명령으로 무엇을 판정했는지 볼 수 있습니다.",
        "nothing_run": "{run} 실행이 없습니다{near}. `naul runs list`로 실행 목록을 볼 수 있습니다.",
        "nothing_answers": "해당하는 행이 없습니다. `naul report attendance`로 저장된 내용을, 없으면 그 이유를 볼 수 "
        "있습니다.",
        "nothing_withdrawn": "{student} 학번은 더 이상 {sections} 명단에 없어 출결이 철회되었습니다. `naul report query "
        "withdrawn`으로 내용과 사유를 볼 수 있습니다.",
        "nothing_timetable": "아직 저장된 내용이 없습니다. 시간표가 없으니 `naul timetable load FILE`로 올리세요.",
        "nothing_section": "{name} 분반이 없습니다{near}. `naul timetable show`로 분반 목록을 볼 수 있습니다.",
        "nothing_hall": "시간표에 {name} 강의실이 없습니다{near}. `naul timetable show`로 강의실 목록을 볼 수 있습니다.",
        "nothing_student": "{name} 학번은 어느 명단에도 없습니다{near}. `naul roster load FILE`로 명단을 올리거나 학번을 "
        "고치세요.",
        "nothing_hour": "그런 교시가 없습니다{near}. `naul timetable show`로 전체 목록을 볼 수 있습니다.",
        "nothing_nearest": "; 가까운 교시: {hours}",
        "nothing_yet": "아직 시작하지 않은 교시입니다: {hour}.",
        "nothing_aside": "이 강의실의 화면 {count}장이 처리되지 못했습니다: {why}. 원인을 바로잡은 뒤 `naul dead-letters "
        "retry`를 실행하세요. `naul dead-letters list`로 하나씩 볼 수 있습니다.",
        "nothing_left": "확인된 이탈이 없습니다. 판정된 해당 교시 {count}개에서 카메라가 시간의 {share}를 관찰했고, 수강생 "
        "{of}명 중 {seen}명을 보았습니다.",
        "nothing_covered": " 관찰되지 않은 동안의 이탈은 알 수 없습니다. `naul report coverage`에서 관찰된 정도를 볼 수 "
        "있습니다.",
        "nothing_seen": "아무도 관찰되지 않아 이탈 여부를 알 수 없습니다. 판정된 해당 교시 {count}개에서 카메라가 시간의 "
        "{share}를 관찰했습니다. `naul report attendance`와 `naul report coverage`에서 자세히 볼 수 있습니다.",
        "nothing_of_student": "{student} 학번은 {sections} 명단에 있지만 해당하는 교시가 없습니다{near}. `naul timetable "
        "show`로 전체 목록을 볼 수 있습니다.",
        "nothing_judged": "시작된 교시가 {count}개 있지만 아직 판정되지 않았습니다. 진행 중인 교시는 1분쯤마다, 지난 교시는 "
        "화면 분석이 끝나면 판정됩니다. `naul wait`로 기다리거나 `naul status`로 작업자가 실행 중인지 확인하세요.",
    },
}


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name in the site's language, its values filled in."""
    return _TEXTS[settings.language][text].format(**values)


def listed(settings: Settings, names: Sequence[str], most: int) -> str:
    """Return names beside each other: at most so many, and how many more there are."""
    more = say(settings, "and_more", count=len(names) - most) if len(names) > most else ""
    return ", ".join(names[:most]) + more
