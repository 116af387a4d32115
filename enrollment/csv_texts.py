"""What is wrong with a CSV file, and what to do about it, in Korean and English."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, TypeAlias

__all__ = ["Language", "problem_texts", "say_of_file"]

Language: TypeAlias = Literal["ko", "en"]

_SAVE = "save it as `CSV UTF-8` from the spreadsheet"
_WHICH = f"{_SAVE}, or say what it is: --encoding gbk, big5, shift_jis, latin-1 or cp949"
_SAVE_KO = "스프레드시트에서 'CSV UTF-8'로 저장하세요"
_WHICH_KO = (
    "스프레드시트에서 'CSV UTF-8'로 저장하거나 --encoding으로 gbk, big5, shift_jis, latin-1, cp949 중에서 지정하세요"
)

_PROBLEMS: Final[dict[Language, dict[str, tuple[str, str]]]] = {
    "en": {
        "other": ("{what}", "{remedy}"),
        "no_csv": ("is no CSV text", _SAVE),
        "neither": ("is neither UTF-8 nor CP949", _WHICH),
        "hardly": ("is not UTF-8, and read as CP949 it says {says!r}, which can hardly be meant", _WHICH),
        "no_encoding": ("cannot be read as {encoding!r}", "name an encoding, like utf-8, cp949, gbk or latin-1"),
        "not_encoding": ("is not {encoding}", "name another encoding, or save it as `CSV UTF-8`"),
        "no_lines": ("has no lines", "begin it with {columns}"),
        "no_header": ("is no header", "begin the file with {columns}"),
        "no_column": ("the column {name!r} is missing", "add it"),
        "misspelt": ("the column {name!r} is missing", "rename {near!r}"),
        "columns": ("the column {name!r} is there {count} times", "keep one"),
        "control": ("{name} holds a line break or a control character", "remove it"),
        "few": ("has {count} fields where the header has {most}", "add what is missing: {names}"),
        "many": ("has {count} fields where the header has {most}", "quote a field that holds a comma, like {quoted}"),
        "quote": ("has a stray quote ({detail})", "close it, or write it twice"),
        "no_students": ("names no student", "write a line for each student below the header"),
        "student_again": (
            "student {student} is in {section} already, by line {other}",
            "remove one of the two lines",
        ),
        "no_section": ("{section!r} is no section", "write it like EA0017-1"),
        "spreadsheet_id": (
            "{student!r} is what a spreadsheet or a data frame made of a student id",
            "write ids as text, like 201912345: give the column the format Text, or read it with dtype=str",
        ),
        "no_id": (
            "{student!r} is not a student id",
            "an id has 2 to 40 letters and digits, like 201912345; . - _ / may follow",
        ),
        "no_name": ("student {student} has no name", "write one in the column name"),
        "no_hours": ("names no class hour", "write a line for each class hour below the header"),
        "no_hall": ("{hall!r} is no hall", "write it like E101"),
        "no_period": ("{period!r} is no period", "write a number like 1"),
        "no_date": ("{day!r} is no date", "write it like 2026-11-23"),
        "year": ("{day} is in the year {year}", "correct the year"),
        "no_time": ("{time!r} is no time of day", "write it like 09:00; midnight is 00:00 or 24:00"),
        "clock_twice": ("{time} comes twice on {day} in {zone}", "write a time that is there once"),
        "clock_missing": ("{time} does not exist on {day} in {zone}", "write a time that is there once"),
        "too_long": (
            "lasts from {starts} to {ends}, which is {length}",
            "correct one of the two times; a class hour may cross midnight, and lasts {longest} at most",
        ),
        "hour_moved": (
            "class hour {hour} is there already, in line {other}, at another time",
            "give it another period; or the same times, if it meets in both halls",
        ),
        "hour_again": (
            "class hour {hour} is there already, in line {other}",
            "remove one of the two, or give it another period",
        ),
        "meets_loaded": (
            "section {section} meets already at this time, by what was loaded before ({hour})",
            "end one before the other begins, or keep one of them",
        ),
        "meets": (
            "section {section} meets already at this time, by line {other} ({hour})",
            "end one before the other begins, or keep one of them",
        ),
        "begun": (
            "class hour {hour} has begun in hall {began!r} and cannot move to {hall!r}, for it was judged there or has "
            "marks",
            "leave it in {began!r}, or write a line for each of the two halls: then both count",
        ),
        "teaches_again": (
            "{account} is in {section} already, by line {other}",
            "remove one of the two lines",
        ),
        "no_teachers": ("names nobody", "write a line for each section and account below the header"),
        "no_account": ("there is no account {account!r}{near}", "add it with `naul user add`"),
        "alone": ("{account} is {role}, which goes with no other role", "make another account for teaching"),
        "no_role": ("{word!r} is no role{near}", "write professor or assistant"),
        "near": (", {near!r} is like it", ""),
    },
    "ko": {
        "other": ("{what}", "{remedy}"),
        "no_csv": ("CSV 텍스트 파일이 아닙니다", _SAVE_KO),
        "neither": ("UTF-8도 CP949도 아닙니다", _WHICH_KO),
        "hardly": ("UTF-8이 아니고, CP949로 읽으면 {says!r}처럼 뜻을 알 수 없는 글자가 됩니다", _WHICH_KO),
        "no_encoding": (
            "{encoding!r} 인코딩으로는 읽을 수 없습니다",
            "utf-8, cp949, gbk, latin-1 같은 인코딩 이름을 적으세요",
        ),
        "not_encoding": (
            "{encoding} 인코딩이 아닙니다",
            "다른 인코딩을 지정하거나 파일을 'CSV UTF-8'로 저장하세요",
        ),
        "no_lines": ("내용이 없습니다", "첫 줄에 이렇게 적으세요: {columns}"),
        "no_header": ("열 이름이 없습니다", "파일의 첫 줄에 이렇게 적으세요: {columns}"),
        "no_column": ("{name!r} 열이 없습니다", "열을 추가하세요"),
        "misspelt": ("{name!r} 열이 없습니다", "{near!r} 열의 이름을 {name!r}(으)로 바꾸세요"),
        "columns": ("{name!r} 열이 {count}개 있습니다", "하나만 남기세요"),
        "control": ("{name} 칸에 줄바꿈이나 제어 문자가 있습니다", "지우세요"),
        "few": ("칸이 {count}개인데 열 이름은 {most}개입니다", "빠진 칸을 채우세요: {names}"),
        "many": (
            "칸이 {count}개인데 열 이름은 {most}개입니다",
            "쉼표가 든 칸은 {quoted}처럼 따옴표로 묶으세요",
        ),
        "quote": ("따옴표의 짝이 맞지 않습니다", "따옴표를 닫거나 두 번 적으세요"),
        "no_students": ("학생이 한 명도 없습니다", "열 이름 아래에 학생마다 한 줄씩 적으세요"),
        "student_again": (
            "학번 {student}의 학생은 {other}행에서 이미 {section} 분반에 있습니다",
            "두 줄 중 하나를 지우세요",
        ),
        "no_section": ("{section!r}: 분반 이름이 아닙니다", "EA0017-1처럼 적으세요"),
        "spreadsheet_id": (
            "{student!r}: 스프레드시트나 데이터프레임에서 바뀐 학번입니다",
            "열의 서식을 '텍스트'로 바꾸거나 dtype=str로 읽어, 학번을 201912345처럼 적으세요",
        ),
        "no_id": (
            "{student!r}: 학번이 아닙니다",
            "학번은 201912345처럼 영문자와 숫자 2~40자이며, 첫 글자 뒤에는 . - _ /도 쓸 수 있습니다",
        ),
        "no_name": ("학번 {student}의 이름이 없습니다", "name 열에 이름을 적으세요"),
        "no_hours": ("교시가 하나도 없습니다", "열 이름 아래에 교시마다 한 줄씩 적으세요"),
        "no_hall": ("{hall!r}: 강의실 이름이 아닙니다", "E101처럼 적으세요"),
        "no_period": ("{period!r}: 교시가 아닙니다", "1처럼 숫자로 적으세요"),
        "no_date": ("{day!r}: 날짜가 아닙니다", "2026-11-23처럼 적으세요"),
        "year": ("{day}: 연도가 {year}년입니다", "연도를 고치세요"),
        "no_time": ("{time!r}: 시각이 아닙니다", "09:00처럼 적으세요. 자정은 00:00 또는 24:00입니다"),
        "clock_twice": ("{zone} 기준 {day}에는 {time} 시각이 두 번 있습니다", "한 번만 있는 시각을 적으세요"),
        "clock_missing": ("{zone} 기준 {day}에는 {time} 시각이 없습니다", "실제로 있는 시각을 적으세요"),
        "too_long": (
            "{starts}부터 {ends}까지면 {length}입니다",
            "두 시각 중 하나를 고치세요. 교시는 자정을 넘길 수 있지만 최대 {longest}입니다",
        ),
        "hour_moved": (
            "{other}행에 같은 교시가 다른 시각으로 이미 있습니다({hour})",
            "다른 교시 번호를 적으세요. 두 강의실에서 함께 하는 수업이면 시각을 똑같이 적으세요",
        ),
        "hour_again": (
            "{other}행에 같은 교시가 이미 있습니다({hour})",
            "두 줄 중 하나를 지우거나 다른 교시 번호를 적으세요",
        ),
        "meets_loaded": (
            "{section} 분반은 이미 불러온 시간표에서 같은 시간에 수업이 있습니다({hour})",
            "시간이 겹치지 않게 고치거나 하나만 남기세요",
        ),
        "meets": (
            "{section} 분반은 {other}행에서 같은 시간에 수업이 있습니다({hour})",
            "시간이 겹치지 않게 고치거나 하나만 남기세요",
        ),
        "begun": (
            "{began!r} 강의실에서 이미 시작되어 판정되었거나 수정된 교시라 {hall!r} 강의실로 옮길 수 없습니다({hour})",
            "{began!r} 강의실에 그대로 두거나, 두 강의실을 각각 한 줄씩 적으세요. 그러면 둘 다 인정됩니다",
        ),
        "teaches_again": (
            "{account} 계정은 {other}행에서 이미 {section} 분반에 있습니다",
            "두 줄 중 하나를 지우세요",
        ),
        "no_teachers": ("적힌 사람이 없습니다", "머리글 아래에 분반과 계정마다 한 줄씩 적으세요"),
        "no_account": ("{account!r} 계정이 없습니다{near}", "`naul user add`로 추가하세요"),
        "alone": ("{account} 계정은 {role} 역할이라 다른 역할을 함께 가질 수 없습니다", "가르칠 계정을 따로 만드세요"),
        "no_role": ("{word!r}은(는) 역할이 아닙니다{near}", "professor 또는 assistant라고 적으세요"),
        "near": (" (비슷한 이름: {near!r})", ""),
    },
}

_OF_FILE: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "whole": "{file}: {what}; {remedy}",
        "line": "{file}, line {line}: {what}; {remedy}",
        "more_lines": "... and {count} more lines of this kind ({remedy})",
        "more": "... and {count} more",
        "nothing": "Nothing of {file} was applied.",
        "with_bom": "UTF-8 with BOM",
        "ends": "{ends} line ends",
        "no_ends": "no line ends",
        "and": " and ",
        ";": "semicolons",
        "\t": "tabs",
        "without": "without the columns {columns}",
    },
    "ko": {
        "whole": "{file}: {what}. {remedy}",
        "line": "{file} {line}행: {what}. {remedy}",
        "more_lines": "... 외 같은 문제 {count}행 ({remedy})",
        "more": "... 외 {count}건",
        "nothing": "{file} 파일의 내용은 하나도 적용하지 않았습니다.",
        "with_bom": "BOM이 있는 UTF-8",
        "ends": "줄바꿈 {ends}",
        "no_ends": "줄바꿈 없음",
        "and": "·",
        ";": "구분 기호 세미콜론",
        "\t": "구분 기호 탭",
        "without": "쓰지 않은 열: {columns}",
    },
}


def problem_texts(language: Language, text: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Return what is wrong, by its name, and what to do. A span of time among the values is said in words."""
    words = {name: _length(language, each) if isinstance(each, timedelta) else each for name, each in values.items()}
    what, remedy = _PROBLEMS[language][text]
    return what.format(**words), remedy.format(**words)


def say_of_file(language: Language, text: str, **values: object) -> str:
    """Return a text about a file by its name, its values filled in."""
    return _OF_FILE[language][text].format(**values)


def _length(language: Language, span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    hour, minute = ("시간", "분") if language == "ko" else (" h", " min")
    return " ".join([*([f"{hours}{hour}"] if hours else []), *([f"{minutes}{minute}"] if minutes or not hours else [])])
