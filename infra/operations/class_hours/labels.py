"""What tables and live screens say: verdicts, what happens to somebody, why nobody could be seen, columns, reasons."""

import re
from typing import Final

from schemas.rivals import TOLD_UNNAMED
from schemas.translations import Texts, pgettext_noop, say, say_as
from streams.judgement.doubts import REASONS

__all__ = ["column_name", "reason_text", "word"]

_WORDS: Final[Texts] = {
    "present": "present",
    "late": "late",
    "left_early": "left early",
    "absent": "absent",
    "unobserved": "unobserved",
    "excused": "excused",
    "official_leave": "official leave",
    "as_judged": "as judged",
    "arrived": "arrived",
    "departed": "departed",
    "returned": "returned",
    "no_frames": "no frames",
    "deleted": "frames deleted before anybody looked",
    "repeated": "the same picture again",
    "dark": "dark",
    "blurred": "out of focus",
    "blinded": "blinded or covered",
    "moved": "the camera shows something else",
    "at_risk": "at risk",
    "last_hour": "last hour",
    "failed": "F",
}
"""By code."""


def word(language: str, code: str) -> str:
    """Return a word in a language (``ko`` or ``en``)."""
    return say(language, _WORDS[code])


_COLUMNS: Final = frozenset(
    {
        pgettext_noop("column", "run"),
        pgettext_noop("column", "date"),
        pgettext_noop("column", "period"),
        pgettext_noop("column", "section"),
        pgettext_noop("column", "hall"),
        pgettext_noop("column", "student_id"),
        pgettext_noop("column", "name"),
        pgettext_noop("column", "verdict"),
        pgettext_noop("column", "arrived_at"),
        pgettext_noop("column", "departed_at"),
        pgettext_noop("column", "minutes_present"),
        pgettext_noop("column", "minutes_covered"),
        pgettext_noop("column", "minutes_total"),
        pgettext_noop("column", "confidence"),
        pgettext_noop("column", "review"),
        pgettext_noop("column", "source"),
        pgettext_noop("column", "final"),
        pgettext_noop("column", "version"),
        pgettext_noop("column", "reason"),
        pgettext_noop("column", "gone_by"),
        pgettext_noop("column", "returned_at"),
        pgettext_noop("column", "starts_at"),
        pgettext_noop("column", "ends_at"),
        pgettext_noop("column", "frames"),
        pgettext_noop("column", "share"),
        pgettext_noop("column", "gaps"),
        pgettext_noop("column", "gap_reasons"),
        pgettext_noop("column", "unknown_faces"),
        pgettext_noop("column", "repeated"),
        pgettext_noop("column", "starts"),
        pgettext_noop("column", "ends"),
        pgettext_noop("column", "account"),
        pgettext_noop("column", "person"),
        pgettext_noop("column", "roles"),
        pgettext_noop("column", "teaches"),
        pgettext_noop("column", "password"),
        pgettext_noop("column", "disabled"),
        pgettext_noop("column", "created"),
        pgettext_noop("column", "kiosk"),
        pgettext_noop("column", "since"),
        pgettext_noop("column", "seen"),
        pgettext_noop("column", "address"),
        pgettext_noop("column", "browser"),
        pgettext_noop("column", "query"),
        pgettext_noop("column", "parameters"),
        pgettext_noop("column", "purpose"),
        pgettext_noop("column", "kind"),
        pgettext_noop("column", "engine"),
        pgettext_noop("column", "policy"),
        pgettext_noop("column", "until"),
        pgettext_noop("column", "class_hours"),
        pgettext_noop("column", "finished"),
        pgettext_noop("column", "term"),
        pgettext_noop("column", "first"),
        pgettext_noop("column", "last"),
        pgettext_noop("column", "rule"),
        pgettext_noop("column", "by"),
        pgettext_noop("column", "absent"),
        pgettext_noop("column", "late"),
        pgettext_noop("column", "left_early"),
        pgettext_noop("column", "official_leave"),
        pgettext_noop("column", "excused"),
        pgettext_noop("column", "unobserved"),
        pgettext_noop("column", "charged"),
        pgettext_noop("column", "limit"),
        pgettext_noop("column", "hours_left"),
        pgettext_noop("column", "standing"),
        pgettext_noop("column", "truth"),
        pgettext_noop("column", "right"),
        pgettext_noop("column", "less"),
        pgettext_noop("column", "less_coverage"),
        pgettext_noop("column", "time"),
        pgettext_noop("column", "both"),
        pgettext_noop("column", "earlier_in_b"),
        pgettext_noop("column", "later_in_b"),
        pgettext_noop("column", "median_s"),
        pgettext_noop("column", "p95_s"),
        pgettext_noop("column", "only"),
        pgettext_noop("column", "students"),
        pgettext_noop("column", "missing"),
        pgettext_noop("column", "share_live"),
        pgettext_noop("column", "ms_per_frame"),
        pgettext_noop("column", "core_ms_per_frame"),
        pgettext_noop("column", "looks"),
        pgettext_noop("column", "of"),
        pgettext_noop("column", "verdicts"),
        pgettext_noop("column", "low"),
        pgettext_noop("column", "high"),
        pgettext_noop("column", "false_presences"),
        pgettext_noop("column", "false_absences"),
        pgettext_noop("column", "unobserved"),
        pgettext_noop("column", "arrivals"),
        pgettext_noop("column", "arrival_median_s"),
        pgettext_noop("column", "arrival_p95_s"),
        pgettext_noop("column", "arrivals_missed"),
        pgettext_noop("column", "departures"),
        pgettext_noop("column", "departure_median_s"),
        pgettext_noop("column", "departure_p95_s"),
        pgettext_noop("column", "departures_missed"),
        pgettext_noop("column", "from"),
        pgettext_noop("column", "to"),
        pgettext_noop("column", "false_rate"),
        pgettext_noop("column", "absent"),
        pgettext_noop("column", "called_present"),
        pgettext_noop("column", "p_above"),
        pgettext_noop("column", "present"),
        pgettext_noop("column", "identified"),
        pgettext_noop("column", "camera"),
        pgettext_noop("column", "him"),
        pgettext_noop("column", "others"),
        pgettext_noop("column", "nobody"),
        pgettext_noop("column", "visitors"),
        pgettext_noop("column", "elsewhere"),
        pgettext_noop("column", "captured_at"),
        pgettext_noop("column", "week"),
        pgettext_noop("column", "weekday"),
        pgettext_noop("column", "hour"),
        pgettext_noop("column", "faculty"),
        pgettext_noop("column", "rate"),
        pgettext_noop("column", "no_record"),
        pgettext_noop("column", "left"),
        pgettext_noop("column", "returned"),
        pgettext_noop("column", "minutes_away"),
    }
)
"""Of reports that people read; the others are called as in the store."""


def column_name(language: str, name: str) -> str:
    """Return what a column of a report is called; an underscore is where it may be broken.

    Of two runs that are compared, it ends in ``_a`` or ``_b``.
    """
    stem, _, run = name.rpartition("_")
    if name not in _COLUMNS and run in ("a", "b") and stem in _COLUMNS:
        return f"{say_as(language, 'column', stem)}_{run}"
    return say_as(language, "column", name) if name in _COLUMNS else name


def reason_text(language: str, reason: str) -> str:
    """Return the reason of a row, which is kept in English, in a language; what the judgement did not say stays."""
    for text in filter(None, (*REASONS.values(), TOLD_UNNAMED)):
        known = re.escape(text).replace(re.escape("{rival}"), r"(?P<rival>\S+)")
        if found := re.search(known, reason):
            reason = reason.replace(found[0], say(language, text, **found.groupdict()))
    return reason
