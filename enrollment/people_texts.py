"""What people read when they mark students, call the roll or enrol, in the language of the site."""

import re
from typing import Final, Literal

from schemas.settings import Settings
from streams.faces.unfit_pictures import UNFIT, Unfit

__all__ = ["say", "unfit_in", "why_unfit"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "marked": "{name} ({student}) is marked {verdict} in {hour}.",
        "taken_back": "{name} ({student}): what was marked in {hour} is taken back; it is as the camera judged again.",
        "begin": "Roll call of {section}, {hour}: {count} students. y present, n absent, l late, b back, q stop.",
        "resume": "Going on after {done} of {count} answers.",
        "ask": "{at:>3}/{count}  {student}  {name}: present? [Y/n/l(ate)/b(ack)/q]",
        "again": "Answer y, n, l, b or q.",
        "kept": "Stopped. {done} of {count} answers are kept; run the same command to go on.",
        "sent": "Sent as one message: {present} present, {late} late, {absent} absent.",
        "student": "student",
        "improve": "what to improve",
        "face": "face",
        "name": "name",
        "probability": "probability",
        "nobody": "nobody",
        "unsure": "a person should look",
        "closed": "the key of this home does not open {count} templates ({first}, ...)",
        "closed_remedy": "Copy the key of the machine where people were enrolled.",
        "nobody_for": "nobody is enrolled for the engine {engine}",
        "nobody_of": "nobody is enrolled of section {section} for the engine {engine}",
        "nobody_remedy": "Enrol people with `naul enroll`.",
        "warn_closed": "Warning: the key of this home does not open {count} enrolled templates ({first}, ...).\n"
        "  Copy the key of the machine where they were enrolled, or enrol them again.",
        "and_more": "... and {count} more; --report FILE has all",
        "photo": "photo {number}",
        "small": "the face is rather small; from nearer, or cut out of a larger picture, it shows more",
        "blurred": "the face is not quite sharp; holding still and a clean lens help",
        "turned": "the head is turned aside; looking into the camera helps",
        "tilted": "the head is tilted; upright is better",
        "dark": "the face is rather dark; light from the front helps",
        "flat": "the face has little contrast; less haze, glare or light from behind helps",
        "optional": "good enough beside the others; {what}",
        "poor": "one photo without these flaws is enough",
        "single": "only one photo: take a second one, and enrol both from one folder",
        "disagree": "{photos} are unlike each other: see that both show this person, and take a third beside them",
        "odd": "{photos}: unlike the rest; is it the same person?",
        "none": "no usable photo; the last lines say what to do",
        "totals": "{engine}: {people} people, {fine} need nothing. One photo only: {single}. Photos that disagree: "
        "{disagree}. No photo without a flaw: {poor}. No usable photo: {none}.",
        "singles": "With one photo only: {count}. They are recognised clearly less often, and sooner "
        "mistaken for others, than people with two or three. The remedy is a second photo: put it beside the first one, "
        "for only the folder that is given counts.",
        "same": "Warning: {one} and {other} have the same face (cosine {cosine:.3f}); both are enrolled. "
        "Erase one id with `naul forget`, unless they are twins.",
        "alike": "{one} and {other} ({sections}) are hard to tell apart: of 100 looks of the one, up to {looks:.0f} "
        "would be given to the other. More photos of both help.",
        "alike_apart": "{count} more pairs are as alike and share no roster; --report FILE names them.",
        "elsewhere": "{count} people are enrolled for other engines only: enrol their photos again for {engine}.",
        "alike_none": "Nobody of a roster is too alike to another one to be told apart.",
        "understood": "{folder}: {people} people, {photos} photos.",
        "whose": "  {student}: {paths}",
        "nobodys": "no photo in {folder} is named after a student",
        "photoless": "{folder} holds no photo",
        "nobodys_remedy": "Name them <student id>/*.jpg or <student id>.jpg, like 201912345.jpg.",
        "no_folder": "{folder} is no folder",
        "no_folder_remedy": "Give the folder that holds <student id>/*.jpg.",
        "or": " or ",
        "looks_like": "; {name} looks like {near}",
        "unlisted": "{count} of {people} ids are on no roster: {ids}{near}. They are enrolled all the same; see that they "
        "are written as on the roster.",
        "unchecked": "No roster is loaded, so that the ids could not be checked. Load the rosters first "
        "(`naul roster load`) to be sure.",
        "more": "{shown} and {count} more",
        "as_many_more": "... and {count} more of these",
        "ignored_no_photo": "Passed over, no photos ({count}): {paths}.",
        "ignored_device": "Not taken, named by a telephone, camera or messenger ({count}): {paths}. Put them into a "
        "folder with the student's id as its name.",
        "ignored_nobody": "Not taken, no student id in the name ({count}): {paths}. Name them <student id>.jpg, "
        "or put them into a folder with the id as its name.",
        "ignored_unread": "Not taken, a format that Naul does not read ({count}): {paths}. Save them as JPEG.",
        "ignored_resembles": "Not taken, {path}: {name} is on no roster; {known} is. Rename it to {file}.",
        "ignored_spreadsheet": "Not taken, {path}: {name} is what a spreadsheet made of {known}. Rename it.",
        "ignored_rounded": "Not taken, {path}: {name} is what a spreadsheet made of a student id, and its last digits are "
        "lost. Rename it to the id.",
        "ignored_several": "Not taken, {path}: a photo of {students}? Rename it to the id of the one whom it shows.",
        "ignored_strange": "Not taken, {path}: no roster has a student or a section {name}, and its ids are written "
        "otherwise. Correct the name, or load the roster that has it first.",
        "ignored_counter": "Not taken, {path}: a photo of {one}, or of a student {other}? Load the roster that has "
        "the id first, or make a folder for each student.",
        "ignored_stamp": "Not taken, {path}: a photo of {student}, or one that a telephone named by the time? Put it "
        "into a folder with the student's id as its name.",
        "ignored_class": "Not taken, the folder {path}: photos of a student {name}, or a class with {other} in it? "
        "Load the roster that has the ids first, or make a folder for each student.",
        "ignored_other": "Not taken, {path}: it is in the folder of {one} and has the name of {other}. Put it where it "
        "belongs.",
        "ignored_nested": "Not taken, the folder {path} in the folder of {student}. Move its photos up.",
        "taken": "{path}: taken{by}",
        "refused": "{path}: refused, {why}{by}",
        "no_photos": "{student}: the folder holds no photo{by}",
        "overtaken": "{student}: left as it is: somebody changed or erased it meanwhile; enrol again if that is right",
        "replaced": "{student}: enrolled photos: {before}; photos of this folder that would replace them: {now}.",
        "replaced_why": "Photos are not added to those that are enrolled: put all photos of a person into one folder. "
        "If they are to be replaced, add --yes.",
        "confirm": "Replace them?",
        "replaced_not": "Left as they are: {people}. The others were enrolled.",
        "consent": "Templates of faces are biometric data: the law (in Korea the Personal Information Protection Act, "
        "article 23) wants each person's separate consent before they are made.",
        "consent_remedy": "Add --consent-on-file when you hold the consent of everybody in the folder.",
        "enrolling": "enrolling",
        "enrolled": "Enrolled {enrolled}, unchanged {unchanged}, without a usable photo {without}.",
        "dry_run": "Nothing was looked at or enrolled (--dry-run).",
        "todo_smaller": "Make the photos smaller of: {people}",
        "todo_convert": "Save the photos as JPEG of: {people}",
        "todo_copy": "Copy the files again, they are cut or damaged, of: {people}",
        "todo_access": "See why the files cannot be read of: {people}",
        "todo_crop": "Cut the photos so that one person is in them, of: {people}",
        "todo_retake": "Take new photos of: {people}",
        "todo_missing": "There is no photo yet of: {people}",
    },
    "ko": {
        "marked": "{name} ({student}): {hour} {verdict} 처리했습니다.",
        "taken_back": "{name} ({student}): {hour} 수정을 취소했습니다. 다시 카메라의 판정을 따릅니다.",
        "begin": "{section} {hour} 출석을 부릅니다. {count}명. Enter/y: 출석, n: 결석, l: 지각, b: 뒤로, q: 중단.",
        "resume": "{count}명 중 {done}명 다음부터 이어서 부릅니다.",
        "ask": "{at:>3}/{count}  {student}  {name}: 출석? [Y/n/l(지각)/b(뒤로)/q]",
        "again": "y, n, l, b, q 중 하나로 답하세요.",
        "kept": "중단했습니다. {count}명 중 {done}명의 답을 보관했으니 같은 명령으로 이어 가세요.",
        "sent": "한 번에 전송했습니다: 출석 {present}, 지각 {late}, 결석 {absent}.",
        "student": "학번",
        "improve": "개선할 점",
        "face": "얼굴",
        "name": "이름",
        "probability": "확률",
        "nobody": "해당 없음",
        "unsure": "직접 확인하세요",
        "closed": "이 홈의 키로 템플릿 {count}개를 열 수 없습니다({first} 등)",
        "closed_remedy": "사람들을 등록한 컴퓨터의 키를 복사하세요.",
        "nobody_for": "{engine} 엔진으로 등록된 사람이 없습니다",
        "nobody_of": "{section} 분반에는 {engine} 엔진으로 등록된 사람이 없습니다",
        "nobody_remedy": "`naul enroll`로 등록하세요.",
        "warn_closed": "경고: 이 홈의 키로 등록된 템플릿 {count}개를 열 수 없습니다({first} 등).\n"
        "  사람들을 등록한 컴퓨터의 키를 복사하거나 다시 등록하세요.",
        "and_more": "... 외 {count}건; 전체는 --report FILE로 볼 수 있습니다",
        "photo": "사진 {number}",
        "small": "얼굴이 조금 작습니다. 더 가까이에서 찍거나 큰 사진에서 얼굴 주위를 잘라 올리면 더 좋습니다",
        "blurred": "얼굴이 다소 흐립니다. 움직이지 않고 렌즈를 닦고 찍으면 더 좋습니다",
        "turned": "고개가 옆으로 돌아가 있습니다. 카메라를 바라보면 더 좋습니다",
        "tilted": "고개가 기울어 있습니다. 머리를 바로 세우면 더 좋습니다",
        "dark": "얼굴이 다소 어둡습니다. 앞에서 빛을 비추면 더 좋습니다",
        "flat": "얼굴의 명암이 약합니다. 뿌연 빛, 반사, 역광을 피하면 더 좋습니다",
        "optional": "다른 사진이 있어 그대로 써도 됩니다. {what}",
        "poor": "이런 점이 없는 사진이 한 장만 있어도 충분합니다",
        "single": "사진이 한 장뿐입니다. 한 장 더 찍어 같은 폴더에서 함께 등록하세요",
        "disagree": "{photos}: 사진이 서로 다릅니다. 모두 본인인지 확인하고 세 번째 사진을 찍으세요",
        "odd": "{photos}: 나머지 사진과 다릅니다. 같은 사람입니까?",
        "none": "쓸 수 있는 사진이 없습니다. 할 일은 맨 아래에 있습니다",
        "totals": "{engine}: {people}명 중 {fine}명은 이상 없음. 사진 한 장: {single}. 서로 다른 사진: {disagree}. "
        "온전한 사진 없음: {poor}. 쓸 수 있는 사진 없음: {none}.",
        "singles": "{count}명은 사진이 한 장뿐입니다. 사진이 두세 장인 사람보다 인식률이 뚜렷이 낮고 다른 사람으로 "
        "오인되기 쉽습니다. 한 장 더 찍어 먼저 찍은 사진과 같은 폴더에 넣고 등록하세요. 등록할 때 지정한 폴더의 "
        "사진만 쓰입니다.",
        "same": "경고: {one}, {other}의 얼굴이 같습니다(코사인 {cosine:.3f}). 둘 다 등록되어 있습니다. "
        "쌍둥이가 아니라면 한 학번을 `naul forget`으로 지우세요.",
        "alike": "{one}, {other}({sections})는 구별하기 어렵습니다. 한 사람의 모습 100번 중 많게는 {looks:.0f}번이 "
        "다른 사람으로 보입니다. 두 사람의 사진을 늘리면 나아집니다.",
        "alike_apart": "같은 명단에 없는 닮은 쌍이 {count}개 더 있습니다. --report FILE로 볼 수 있습니다.",
        "elsewhere": "{count}명은 다른 엔진에만 등록되어 있습니다. {engine} 엔진으로 사진을 다시 등록하세요.",
        "alike_none": "같은 명단에서 구별하기 어려울 만큼 닮은 사람은 없습니다.",
        "understood": "{folder}: 학생 {people}명, 사진 {photos}장.",
        "whose": "  {student}: {paths}",
        "nobodys": "{folder}에 학번을 이름으로 한 사진이 없습니다",
        "photoless": "{folder}에 사진이 없습니다",
        "nobodys_remedy": "201912345/*.jpg나 201912345.jpg처럼 폴더나 사진의 이름을 학번으로 하세요.",
        "no_folder": "{folder}: 그런 폴더가 없습니다",
        "no_folder_remedy": "<학번>/*.jpg 사진이 들어 있는 폴더를 지정하세요.",
        "or": " 또는 ",
        "looks_like": " ({name} → {near}?)",
        "unlisted": "{people}명 중 {count}명의 학번이 어느 명단에도 없습니다: {ids}{near}. 그대로 등록하지만, 명단과 "
        "똑같이 썼는지 확인하세요.",
        "unchecked": "불러온 명단이 없어 학번을 확인할 수 없습니다. 먼저 명단을 불러오면(`naul roster load`) "
        "확실합니다.",
        "more": "{shown} 외 {count}개",
        "as_many_more": "... 외 같은 경우 {count}개",
        "ignored_no_photo": "사진이 아니어서 건너뜀({count}개): {paths}.",
        "ignored_device": "제외({count}개), 휴대전화·카메라·메신저가 붙인 이름입니다: {paths}. 학번을 이름으로 한 "
        "폴더에 넣으세요.",
        "ignored_nobody": "제외({count}개), 이름에 학번이 없습니다: {paths}. <학번>.jpg로 이름을 바꾸거나 학번을 "
        "이름으로 한 폴더에 넣으세요.",
        "ignored_unread": "제외({count}개), Naul이 읽지 못하는 형식입니다: {paths}. JPEG로 저장하세요.",
        "ignored_resembles": "제외, {path}: 명단에 없는 학번 {name}. 명단의 학번은 {known}입니다. 이름을 "
        "이렇게 바꾸세요: {file}",
        "ignored_spreadsheet": "제외, {path}: 스프레드시트에서 바뀐 학번입니다({name}, 원래 {known}). 이름을 바꾸세요.",
        "ignored_rounded": "제외, {path}: 스프레드시트에서 바뀐 학번이라({name}) 끝자리를 알 수 없습니다. 이름을 원래 학번으로 "
        "바꾸세요.",
        "ignored_several": "제외, {path}: {students} 중 누구의 사진인지 알 수 없습니다. 사진 속 학생의 학번 하나만 남기세요.",
        "ignored_strange": "제외, {path}: 어느 명단에도 없는 학번 또는 분반이고({name}) 명단의 학번과 형식이 "
        "다릅니다. 이름을 고치거나 해당 명단을 먼저 불러오세요.",
        "ignored_counter": "제외, {path}: {one}의 사진인지, 학번이 {other}인 학생의 사진인지 알 수 없습니다. 그 "
        "학번이 있는 명단을 먼저 불러오거나 학생마다 폴더를 만드세요.",
        "ignored_stamp": "제외, {path}: {student}의 사진인지, 휴대전화가 시각으로 붙인 이름인지 알 수 없습니다. "
        "학번을 이름으로 한 폴더에 넣으세요.",
        "ignored_class": "제외, 폴더 {path}: 학번이 {name}인 학생의 사진인지, {other} 등이 있는 분반인지 알 수 "
        "없습니다. 그 학번이 있는 명단을 먼저 불러오거나 학생마다 폴더를 만드세요.",
        "ignored_other": "제외, {path}: {one}의 폴더에 있는데 이름은 {other}입니다. 맞는 곳으로 옮기세요.",
        "ignored_nested": "제외, {student}의 폴더 안에 있는 폴더 {path}. 사진을 한 단계 위로 옮기세요.",
        "taken": "{path}: 사용함{by}",
        "refused": "{path}: 사용할 수 없음, {why}{by}",
        "no_photos": "{student}: 폴더에 사진이 없습니다{by}",
        "overtaken": "{student}: 그사이 다른 사람이 바꾸거나 지워서 그대로 두었습니다. 필요하면 다시 등록하세요",
        "replaced": "{student}: 등록된 사진 {before}장이 이 폴더의 사진 {now}장으로 바뀝니다.",
        "replaced_why": "사진은 이미 등록된 사진에 더해지지 않습니다. 한 사람의 사진은 모두 한 폴더에 넣어 등록하세요. "
        "바꾸려면 --yes를 붙이세요.",
        "confirm": "바꿀까요?",
        "replaced_not": "그대로 두었습니다: {people}. 나머지는 등록했습니다.",
        "consent": "얼굴 템플릿은 생체인식정보입니다. 만들기 전에 한 사람 한 사람의 별도 동의를 받아야 합니다(개인정보 "
        "보호법 제23조).",
        "consent_remedy": "폴더에 있는 모든 사람의 동의서를 갖고 있다면 --consent-on-file을 붙이세요.",
        "enrolling": "등록 중",
        "enrolled": "등록 {enrolled}명, 변경 없음 {unchanged}명, 쓸 수 있는 사진 없음 {without}명.",
        "dry_run": "사진을 열지도 등록하지도 않았습니다(--dry-run).",
        "todo_smaller": "사진 크기를 줄여 주세요: {people}",
        "todo_convert": "사진을 JPEG로 저장해 주세요: {people}",
        "todo_copy": "파일이 잘리거나 손상되었습니다. 다시 복사해 주세요: {people}",
        "todo_access": "파일을 읽을 수 없는 까닭을 확인해 주세요: {people}",
        "todo_crop": "한 사람만 남도록 사진을 잘라 주세요: {people}",
        "todo_retake": "사진을 새로 찍어 주세요: {people}",
        "todo_missing": "아직 사진이 없습니다: {people}",
        "unfit_empty": "빈 파일입니다. 원본에서 다시 복사하세요",
        "unfit_unreadable": "읽을 수 없습니다({detail}). 파일이 맞는지, 읽을 권한이 있는지 확인하세요",
        "unfit_no_picture": "사진이 아닙니다({found}). JPEG, PNG, HEIC 사진을 넣으세요",
        "unfit_format": "Naul이 읽지 못하는 형식입니다({found}). JPEG로 저장하세요",
        "unfit_bytes": "파일이 {size:,}바이트로 너무 큽니다(최대 {most:,}). 크기를 줄이세요. 긴 변이 4000픽셀이면 "
        "충분합니다",
        "unfit_pixels": "{width} x {height}픽셀로 너무 큽니다. 크기를 줄이세요. 긴 변이 4000픽셀이면 충분합니다",
        "unfit_truncated": "{kind} 파일이 잘렸습니다. 일부가 없으니 원본에서 다시 복사하세요",
        "unfit_corrupted": "{kind} 파일이 손상되었습니다. 원본에서 다시 복사하거나 열어서 JPEG로 저장하세요",
        "unfit_no_face": "얼굴을 찾지 못했습니다. 머리 전체가 나오도록 정면에서 찍으세요",
        "unfit_faces": "크기가 비슷한 얼굴이 {count}개 있습니다. 한 사람만 남도록 자르세요",
        "unfit_small_face": "얼굴 너비가 {width:.0f}픽셀로 너무 작습니다({least:.0f}픽셀 이상 필요). 더 가까이에서 "
        "찍거나 큰 사진에서 머리 주위를 자르세요",
        "unfit_blurred": "얼굴이 너무 흐립니다(선명도 {sharpness:.3f}, 최소 {least}). 더 선명하게 찍으세요",
        "unfit_dark": "얼굴이 너무 어둡습니다(밝기 {bright:.0f}, 최소 {least:.0f}). 앞에서 빛이 비치게 하세요",
        "unfit_turned": "고개가 옆으로 {degrees:.0f}도 돌아가 있습니다. 카메라를 똑바로 보세요",
        "unfit_edge": "얼굴 일부가 사진 밖에 있습니다. 머리 전체가 나오도록 움직이세요",
        "unfit_animated": "사진이 아니라 그림 {count}장으로 된 움직이는 {kind}입니다. JPEG, PNG, HEIC 사진 한 장을 넣으세요",
        "unfit_twin": "같은 사진이 이미 있습니다({name}). 다른 사진으로 바꾸거나 빼세요",
        "unfit_other": "{detail} {remedy}",
    },
}


_WORDS["en"] |= {f"unfit_{cause}": f"{what}. {remedy}".removesuffix(".") for cause, (what, remedy) in UNFIT.items()}

_KOREAN: Final = {
    "a camera's raw file": "카메라 RAW 파일",
    "a video (MP4, MOV)": "동영상(MP4, MOV)",
    "a Photoshop file": "포토샵 파일",
    "a picture whose pixels are fractions": "픽셀 값이 실수인 그림",
}
"""What a file is instead of a photo; other names are the same in both languages, without their article."""


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name, its values filled in."""
    return _WORDS[settings.language][text].format(**values)


def why_unfit(settings: Settings, unfit: Unfit) -> str:
    """Say why a photo cannot be used, and what to do."""
    return unfit_in(settings.language, unfit)


def unfit_in(language: Literal["ko", "en"], unfit: Unfit) -> str:
    """Say why a photo cannot be used, and what to do, in a language."""
    values = dict(unfit.values)
    if language == "ko" and "found" in values:
        bare = re.sub(r"^an? ", "", values["found"]).replace("unknown format (it begins with ", "알 수 없는 형식(")
        values["found"] = _KOREAN.get(values["found"], bare)
    return _WORDS[language][f"unfit_{unfit.cause}"].format(**values)
