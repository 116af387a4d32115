"""Why somebody counts as what he counts, in sentences, in Korean and English."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from infra.operations.doubt_texts import doubt_text
from infra.operations.hour_evidence import HourEvidence, Segment
from infra.operations.hour_register import StandingMark
from infra.operations.labels import word

__all__ = ["mark_sentence", "sentences"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "head": "{name} ({student}), {section}, {date} period {period} ({starts}-{ends}, {halls}): {verdict}.",
        "withdrawn": "No longer on the roster of that date: what follows is kept as history.",
        "running": "The class hour is still judged: this may change.",
        "by_camera": "No person has changed this: it is what the camera says.",
        "by_person": "{by} said so; the camera says: {camera}.",
        "by_person_alone": "{by} said so; what the camera said then was not kept.",
        "never": "Not seen surely enough in any frame.",
        "arrived": "First seen at {at}.",
        "away": "Away from {left} to {back}.",
        "left": "Last seen at {left}.",
        "left_by": "Last seen at {left}, surely gone by {gone}.",
        "minutes": "There for {there} of {covered} observed minutes; the class hour has {whole}.",
        "named": "{frames} frames, from {first} to {last}, took a face for this student by themselves; all together "
        "decide, so that this is a hint only.",
        "not_named": "No frame took a face for this student by itself.",
        "probability": "The camera saw this student with a probability of {percent}%; faces were looked at in {looks} "
        "different minutes.",
        "doubted": "The camera's verdict is in doubt. {doubt}",
        "gap": "From {start} to {end} ({minutes} min) nothing could be seen: {reason}.",
        "rule": "The rule of that verdict: late is who comes more than {late} min after the start, left early who goes "
        "more than {early} min before the end, away who is not seen for {away} observed min. Absent is only who was "
        "never seen while at least {enough}% of the class hour was observed.",
        "rule_unknown": "The rule of that verdict is {policy}; this version of Naul cannot say what that means.",
        "engine": "The faces were compared by the engine {engine}.",
        "roster": "The roster is version {version}.",
        "roster_by": "The roster is version {version}, loaded on {at} by {by}.",
        "kept": "This is version {version} of the verdict. Earlier versions were replaced and are not kept; what "
        "people marked is kept whole.",
        "no_marks": "Nobody marked anything.",
        "mark": "{at}: {by} marked {verdict}{by_rollcall}{more}.",
        "mark_confirmed": "{at}: {by} found right what the camera had judged, {verdict}{by_rollcall}{more}.",
        "mark_back": "{at}: {by} took back what was marked{more}.",
        "rollcall": " in a roll call",
        "looks_like": "; the camera had seen {other}",
        "because": "; the reason: {reason}",
    },
    "ko": {
        "head": "{name}({student}), {section}, {date} {period}교시({starts}-{ends}, {halls}): {verdict}.",
        "withdrawn": "이 날짜의 명단에서 빠졌습니다. 아래 내용은 기록으로 남아 있습니다.",
        "running": "아직 판정 중인 교시이므로 바뀔 수 있습니다.",
        "by_camera": "사람이 고치지 않은, 카메라의 판정입니다.",
        "by_person": "수정한 사람: {by}. 카메라의 판정: {camera}.",
        "by_person_alone": "수정한 사람: {by}. 그때 카메라의 판정은 남아 있지 않습니다.",
        "never": "이 학생이라고 할 만큼 확실한 화면이 없습니다.",
        "arrived": "{at}에 처음 보였습니다.",
        "away": "{left}부터 {back}까지 자리에 없었습니다.",
        "left": "{left}에 마지막으로 보였습니다.",
        "left_by": "{left}에 마지막으로 보였고, {gone}에는 확실히 없었습니다.",
        "minutes": "관찰된 {covered}분 중 {there}분 동안 있었습니다. 교시는 모두 {whole}분입니다.",
        "named": "{first}부터 {last}까지 화면 {frames}장이 한 장만으로 이 학생이라고 보았습니다. 판정은 모든 화면을 "
        "함께 보고 하므로 참고일 뿐입니다.",
        "not_named": "한 장만으로 이 학생이라고 본 화면은 없습니다.",
        "probability": "카메라가 이 학생을 보았을 확률은 {percent}%이고, 서로 다른 {looks}분의 얼굴을 비교했습니다.",
        "doubted": "카메라의 판정이 확실하지 않습니다. {doubt}",
        "gap": "{start}부터 {end}까지({minutes}분) 아무것도 볼 수 없었습니다: {reason}.",
        "rule": "판정 기준: 시작 후 {late}분이 지나서 오면 지각, 끝나기 {early}분 전보다 먼저 가면 조퇴, 관찰된 시간 "
        "{away}분 동안 보이지 않으면 자리를 비운 것입니다. 교시의 {enough}% 이상이 관찰되는 동안 한 번도 보이지 "
        "않은 학생만 결석입니다.",
        "rule_unknown": "판정 기준은 {policy}이며, 이 버전의 나얼은 그 뜻을 알지 못합니다.",
        "engine": "얼굴을 비교한 엔진: {engine}.",
        "roster": "명단 버전: {version}.",
        "roster_by": "명단 버전: {version}. 불러온 때: {at}, 불러온 사람: {by}.",
        "kept": "판정 버전: {version}. 이전 버전은 새 버전으로 바뀌어 남아 있지 않고, 사람이 수정한 내용은 모두 남아 "
        "있습니다.",
        "no_marks": "수정한 사람이 없습니다.",
        "mark": "{at}: {by}, {verdict}{by_rollcall}{more}.",
        "mark_confirmed": "{at}: {by}, 카메라의 판정이 맞음을 확인({verdict}){by_rollcall}{more}.",
        "mark_back": "{at}: {by}, 수정 취소{more}.",
        "rollcall": "(출석 부르기)",
        "looks_like": "; 카메라가 본 사람은 {other}",
        "because": "; 사유: {reason}",
    },
}


def sentences(evidence: HourEvidence, language: str, zone: ZoneInfo) -> tuple[str, ...]:
    """Return what is known, a sentence or two each, the verdict first. language: ``ko`` or ``en``. zone: of times."""
    return tuple(_Teller(language, zone).tell(evidence))


def mark_sentence(mark: StandingMark, language: str, zone: ZoneInfo) -> str:
    """Return what a person said, when, and why."""
    return _Teller(language, zone).mark(mark)


class _Teller:
    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._language = language
        self._zone = zone

    def tell(self, it: HourEvidence) -> Iterator[str]:
        yield self._head(it)
        if it.withdrawn:
            yield self._say("withdrawn")
        if not it.row.final:
            yield self._say("running")
        yield self._whose(it)
        yield from self._times(it)
        yield from self._doubts(it)
        yield from map(self._gap, it.gaps)
        yield self._rule(it)
        yield self._say("engine", engine=it.engine)
        yield self._roster(it)
        yield from map(self.mark, it.marks)
        if not it.marks:
            yield self._say("no_marks")
        yield self._say("kept", version=it.version)

    def mark(self, mark: StandingMark) -> str:
        more = self._say("looks_like", other=mark.looks_like) if mark.looks_like else ""
        more += self._say("because", reason=mark.reason) if mark.reason else ""
        text = "mark_back" if not mark.stands else "mark_confirmed" if mark.confirmed else "mark"
        return self._say(
            text,
            at=self._at(mark.at),
            by=mark.by,
            verdict=word(self._language, mark.verdict),
            by_rollcall=self._say("rollcall") if mark.kind == "rollcall" else "",
            more=more,
        )

    def _head(self, it: HourEvidence) -> str:
        return self._say(
            "head",
            name=it.row.name,
            student=it.row.student_id,
            section=it.section,
            date=it.starts_at.astimezone(self._zone).date(),
            period=it.period,
            starts=self._clock(it.starts_at),
            ends=self._clock(it.ends_at),
            halls=", ".join(it.halls),
            verdict=word(self._language, it.verdict),
        )

    def _whose(self, it: HourEvidence) -> str:
        if not (it.row.mark and it.row.mark.stands):
            return self._say("by_camera")
        if not it.row.camera_verdict:
            return self._say("by_person_alone", by=it.row.mark.by)
        return self._say("by_person", by=it.row.mark.by, camera=word(self._language, it.row.camera_verdict))

    def _times(self, it: HourEvidence) -> Iterator[str]:
        if it.row.arrived_at is None:
            yield self._say("never")
        else:
            yield self._say("arrived", at=self._clock(it.row.arrived_at, seconds=True))
            for each in it.away:
                left = self._clock(each.departed_at, seconds=True)
                if each.returned_at:
                    yield self._say("away", left=left, back=self._clock(each.returned_at, seconds=True))
                elif each.gone_by:
                    yield self._say("left_by", left=left, gone=self._clock(each.gone_by, seconds=True))
                else:
                    yield self._say("left", left=left)
        whole = (it.ends_at - it.starts_at).total_seconds()
        there, covered = it.row.seconds_present, it.seconds_covered
        yield self._say("minutes", there=_minutes(there), covered=_minutes(covered), whole=_minutes(whole))
        if it.named:
            first, last = (self._clock(each, seconds=True) for each in (it.named.first, it.named.last))
            yield self._say("named", frames=it.named.frames, first=first, last=last)
        elif it.frames:
            yield self._say("not_named")

    def _doubts(self, it: HourEvidence) -> Iterator[str]:
        if it.row.p is not None and it.frames:
            yield self._say("probability", percent=f"{100 * it.row.p:.3g}", looks=it.row.looks)
        if it.doubts:
            doubts = " ".join(doubt_text(self._language, each) for each in it.doubts)
            yield self._say("doubted", doubt=doubts)

    def _gap(self, gap: Segment) -> str:
        return self._say(
            "gap",
            start=self._clock(gap.starts_at),
            end=self._clock(gap.ends_at),
            minutes=_minutes((gap.ends_at - gap.starts_at).total_seconds()),
            reason=word(self._language, gap.reason or "no_frames"),
        )

    def _rule(self, it: HourEvidence) -> str:
        if it.policy is None:
            return self._say("rule_unknown", policy=it.policy_text)
        late, early, away = (
            f"{each.total_seconds() / 60:g}"
            for each in (it.policy.late_after, it.policy.left_early_before, it.policy.departure_after)
        )
        return self._say("rule", late=late, early=early, away=away, enough=f"{100 * it.policy.enough_coverage:g}")

    def _roster(self, it: HourEvidence) -> str:
        if it.roster.loaded_at and it.roster.by:
            at = self._at(it.roster.loaded_at)
            return self._say("roster_by", version=it.roster.version, at=at, by=it.roster.by)
        return self._say("roster", version=it.roster.version)

    def _say(self, text: str, **values: object) -> str:
        return _WORDS[self._language][text].format(**values)

    def _clock(self, moment: datetime, *, seconds: bool = False) -> str:
        return f"{moment.astimezone(self._zone):{'%H:%M:%S' if seconds else '%H:%M'}}"

    def _at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _minutes(seconds: float) -> int:
    return round(seconds / 60)
