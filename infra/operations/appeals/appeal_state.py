"""What has become of an appeal: a pure fold of its messages, in whatever order they come and however often."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from schemas.ids import split_class_hour
from schemas.messages import Appeal, AppealAnswered, Appealed, AppealWithdrawn, Excuse, Verdict, encode

__all__ = ["AppealState", "AppealWord", "ContestedCount", "contested_counts", "states_of", "upholding"]

AppealWord: TypeAlias = Literal["open", "upheld", "refused", "withdrawn"]


_WORTH: Final[Mapping[Verdict, int]] = {
    "absent": 0, "unobserved": 1, "late": 2, "left_early": 2, "official_leave": 3, "excused": 4, "present": 4,
}  # fmt: skip
"""What a verdict is worth to a student beside another one, by any rule of a term."""


def upholding(asked: Appealed) -> tuple[Verdict, ...]:
    """Return which verdicts uphold an appeal: none that is contested, and none that is worse for the student."""
    if asked.kind == "excuse":
        return get_args(Excuse)
    order: tuple[Verdict, ...] = ("present", "late", "left_early", "absent", "excused", "official_leave")
    contested = asked.contested
    if contested is None:
        return order
    return tuple(each for each in order if each != contested and _WORTH[each] >= _WORTH[contested])


class AppealState(NamedTuple):
    """An appeal as it stands. answer: the one that holds. withdrawn: before any answer."""

    asked: Appealed
    answer: AppealAnswered | None = None
    withdrawn: AppealWithdrawn | None = None

    @property
    def id(self) -> str:
        """Of the appeal."""
        return self.asked.id

    @property
    def section(self) -> str:
        """Of its class hour."""
        return split_class_hour(self.asked.class_hour)[0]

    @property
    def word(self) -> AppealWord:
        """What has become of it."""
        if self.answer:
            return "upheld" if self.answer.verdict else "refused"
        return "withdrawn" if self.withdrawn else "open"


class ContestedCount(NamedTuple):
    """How often students contested what an engine judged in a hall, and how often a person found them right."""

    hall: str
    engine: str
    contested: int
    upheld: int
    refused: int


def contested_counts(states: Iterable[AppealState]) -> list[ContestedCount]:
    """Return by hall and engine what was contested, whatever became of it, the most often upheld first.

    What a person had judged, and what was asked beforehand, says nothing of an engine.
    """
    words = defaultdict[tuple[str, str], list[AppealWord]](list)
    for each in states:
        if each.asked.kind == "contest" and each.asked.engine:
            words[each.asked.hall, each.asked.engine].append(each.word)
    counts = [
        ContestedCount(*key, len(all_), all_.count("upheld"), all_.count("refused")) for key, all_ in words.items()
    ]
    return sorted(counts, key=lambda each: (-each.upheld, each.hall, each.engine))


def states_of(messages: Iterable[Appeal]) -> dict[str, AppealState]:
    """Return what has become of each appeal, by id.

    Of several answers, and of an answer and a withdrawal, the earlier holds; of two at one moment the answer, of two
    answers the lesser. An answer to what nobody asks any more, since it was erased, is passed over.
    """
    found = defaultdict[str, list[Appeal]](list)
    for each in messages:
        found[each.id].append(each)
    return {name: state for name, events in found.items() if (state := _fold(events))}


def _fold(events: Iterable[Appeal]) -> AppealState | None:
    asked: list[Appealed] = []
    ends: list[AppealAnswered | AppealWithdrawn] = []
    for each in events:
        asked.append(each) if isinstance(each, Appealed) else ends.append(each)
    if not asked:
        return None
    first = min(asked, key=lambda each: (each.at, encode(each)))
    end = min(ends, key=lambda each: (each.at, isinstance(each, AppealWithdrawn), encode(each)), default=None)
    if isinstance(end, AppealWithdrawn):
        return AppealState(first, withdrawn=end)
    return AppealState(first, end)
