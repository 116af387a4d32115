"""Why somebody counts as what he counts, in sentences."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from infra.operations.class_hours.doubt_texts import doubt_text
from infra.operations.class_hours.hour_evidence import HourEvidence, Segment
from infra.operations.class_hours.hour_register import StandingMark
from infra.operations.class_hours.labels import word
from schemas.messages import CAMERA
from schemas.translations import gettext_noop, say
from sinks.hour_rows import VerdictVersion

__all__ = ["mark_sentence", "sentences"]


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
            yield self._tell("No longer on the roster of that date: what follows is kept as history.")
        if not it.row.final:
            yield self._tell("The class hour is still judged: this may change.")
        yield self._whose(it)
        yield from self._times(it)
        yield from self._doubts(it)
        yield from map(self._gap, it.gaps)
        yield self._rule(it)
        yield self._tell("The faces were compared by the engine {engine}.", engine=it.engine)
        yield self._roster(it)
        yield from map(self.mark, it.marks)
        if not it.marks:
            yield self._tell("Nobody marked anything.")
        yield from map(self._version, it.versions)
        yield self._tell("This is version {version} of the verdict.", version=it.version)

    def mark(self, mark: StandingMark) -> str:
        more = self._tell("; the camera had seen {other}", other=mark.looks_like) if mark.looks_like else ""
        more += self._tell("; the reason: {reason}", reason=mark.reason) if mark.reason else ""
        text = (
            gettext_noop("{at}: {by} took back what was marked{more}.")
            if not mark.stands
            else gettext_noop("{at}: {by} found right what the camera had judged, {verdict}{by_rollcall}{more}.")
            if mark.confirmed
            else gettext_noop("{at}: {by} marked {verdict}{by_rollcall}{more}.")
        )
        return self._tell(
            text,
            at=self._at(mark.at),
            by=mark.by,
            verdict=word(self._language, mark.verdict),
            by_rollcall=self._tell(" in a roll call") if mark.kind == "rollcall" else "",
            more=more,
        )

    def _version(self, said: VerdictVersion) -> str:
        verdict = word(self._language, said.verdict)
        more = self._tell(", to be decided by a person") if said.review else ""
        if said.source != CAMERA:
            return self._tell(
                "Version {version}: {verdict}, by {by}.", version=said.version, verdict=verdict, by=said.source
            )
        return self._tell(
            "From version {version} on, after {minutes} observed minutes, the camera said: {verdict}{more}.",
            version=said.version,
            minutes=_minutes(said.seconds_covered),
            verdict=verdict,
            more=more,
        )

    def _head(self, it: HourEvidence) -> str:
        return self._tell(
            "{name} ({student}), {section}, {date} period {period} ({starts}-{ends}, {halls}): {verdict}.",
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
            return self._tell("No person has changed this: it is what the camera says.")
        if not it.row.camera_verdict:
            return self._tell("{by} said so; what the camera said then was not kept.", by=it.row.mark.by)
        return self._tell(
            "{by} said so; the camera says: {camera}.",
            by=it.row.mark.by,
            camera=word(self._language, it.row.camera_verdict),
        )

    def _times(self, it: HourEvidence) -> Iterator[str]:
        if it.row.arrived_at is None:
            yield self._tell("Not seen surely enough in any frame.")
        else:
            yield self._tell("First seen at {at}.", at=self._clock(it.row.arrived_at, seconds=True))
            for each in it.away:
                left = self._clock(each.departed_at, seconds=True)
                if each.returned_at:
                    yield self._tell(
                        "Away from {left} to {back}.", left=left, back=self._clock(each.returned_at, seconds=True)
                    )
                elif each.gone_by:
                    yield self._tell(
                        "Last seen at {left}, surely gone by {gone}.",
                        left=left,
                        gone=self._clock(each.gone_by, seconds=True),
                    )
                else:
                    yield self._tell("Last seen at {left}.", left=left)
        whole = (it.ends_at - it.starts_at).total_seconds()
        there, covered = it.row.seconds_present, it.seconds_covered
        yield self._tell(
            "There for {there} of {covered} observed minutes; the class hour has {whole}.",
            there=_minutes(there),
            covered=_minutes(covered),
            whole=_minutes(whole),
        )
        if it.named:
            first, last = (self._clock(each, seconds=True) for each in (it.named.first, it.named.last))
            yield self._tell(
                "{frames} frames, from {first} to {last}, took a face for this student by "
                "themselves; all together decide, so that this is a hint only.",
                frames=it.named.frames,
                first=first,
                last=last,
            )
        elif it.frames:
            yield self._tell("No frame took a face for this student by itself.")

    def _doubts(self, it: HourEvidence) -> Iterator[str]:
        if it.row.p is not None and it.frames:
            yield self._tell(
                "The camera saw this student with a probability of {percent}%; faces were looked at "
                "in {looks} different minutes.",
                percent=f"{100 * it.row.p:.3g}",
                looks=it.row.looks,
            )
        if it.doubts:
            doubts = " ".join(doubt_text(self._language, each) for each in it.doubts)
            yield self._tell("The camera's verdict is in doubt. {doubt}", doubt=doubts)

    def _gap(self, gap: Segment) -> str:
        return self._tell(
            "From {start} to {end} ({minutes} min) nothing could be seen: {reason}.",
            start=self._clock(gap.starts_at),
            end=self._clock(gap.ends_at),
            minutes=_minutes((gap.ends_at - gap.starts_at).total_seconds()),
            reason=word(self._language, gap.reason or "no_frames"),
        )

    def _rule(self, it: HourEvidence) -> str:
        if it.policy is None:
            return self._tell(
                "The rule of that verdict is {policy}; this version of Naul cannot say what that means.",
                policy=it.policy_text,
            )
        late, early, away = (
            f"{each.total_seconds() / 60:g}"
            for each in (it.policy.late_after, it.policy.left_early_before, it.policy.departure_after)
        )
        return self._tell(
            "The rule of that verdict: late is who comes more than {late} min after the start, "
            "left early who goes more than {early} min before the end, away who is not seen for "
            "{away} observed min. Absent is only who was never seen while at least {enough}% of "
            "the class hour was observed.",
            late=late,
            early=early,
            away=away,
            enough=f"{100 * it.policy.enough_coverage:g}",
        )

    def _roster(self, it: HourEvidence) -> str:
        if it.roster.loaded_at and it.roster.by:
            at = self._at(it.roster.loaded_at)
            return self._tell(
                "The roster is version {version}, loaded on {at} by {by}.",
                version=it.roster.version,
                at=at,
                by=it.roster.by,
            )
        return self._tell("The roster is version {version}.", version=it.roster.version)

    def _tell(self, text: str, **values: object) -> str:
        return say(self._language, text, **values)

    def _clock(self, moment: datetime, *, seconds: bool = False) -> str:
        return f"{moment.astimezone(self._zone):{'%H:%M:%S' if seconds else '%H:%M'}}"

    def _at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _minutes(seconds: float) -> int:
    return round(seconds / 60)
