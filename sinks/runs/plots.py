"""Plots of an evaluation as SVG to stand in a page: no script, no picture, letters by the browser's own fonts.

matplotlib takes a second to import: only who makes a page imports this.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any, Final, TypeAlias

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr, ndtri

from sinks.reports.render import IN_ENGLISH
from sinks.runs.detection import Detection
from sinks.runs.evaluate import Score
from sinks.runs.reliability import Reliability

__all__ = ["reliability_plot", "scores_plot", "tradeoff_plot"]

BLUE, PALE, GREY, RED = "#20639b", "#a9c6e0", "#999999", "#b3402a"

Tell: TypeAlias = Callable[..., str]
"""Says a text in the reader's language, its values filled in (`schemas.translations`)."""

LETTERS: Final = 30

SIDE: Final = 4.2
"""Inches of a plot, 72 points each; a page makes it smaller where it does not fit."""

_drawn = mpl.rc_context(
    {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "naul",  # the same plot has the same names within
        "text.parse_math": False,  # a hall's name may have a dollar
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)

_TICKS: Final = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)


@_drawn
def tradeoff_plot(said: Detection, tell: Tell = IN_ENGLISH.tell) -> str:
    """Draw the misses over the false presences, each for every bound of p, on normal deviates (DET).

    On this scale there is no 0 and no 1: they are drawn half a student off.
    """
    figure, axes = _axes()
    for set_scale, set_ticks, set_limits, of in (
        (axes.set_xscale, axes.set_xticks, axes.set_xlim, said.absent),
        (axes.set_yscale, axes.set_yticks, axes.set_ylim, said.present),
    ):
        least = 0.5 / of
        set_scale("function", functions=(ndtri, ndtr))
        ticks = [each for each in _TICKS if least <= each <= 1 - least]
        set_ticks(ticks, [f"{each:.1%}".replace(".0%", "%") for each in ticks])
        set_limits(least / 1.5, 1 - least / 1.5)

    def place(false: int, missed: int) -> tuple[float, float]:
        return _off_the_edge(false, said.absent), _off_the_edge(missed, said.present)

    points = [place(each.false_presences, each.missed) for each in said.points]
    axes.step(*zip(*points, strict=True), where="post", color=BLUE, marker="o", markersize=3)
    axes.plot(*place(said.told_false, said.told_missed), "x", color=RED, label=tell("as the verdicts are"))
    axes.set_xlabel(tell("absent called present, of {count}", count=said.absent))
    axes.set_ylabel(tell("present missed, of {count}", count=said.present))
    axes.grid(color="#eeeeee")
    axes.legend(frameon=False, loc="upper right")
    return _svg(figure)


@_drawn
def reliability_plot(said: Reliability, tell: Tell = IN_ENGLISH.tell) -> str:
    """Draw how many verdicts are right, with their interval, over how sure they claim to be; the line is honesty."""
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label=tell("as sure as right"))
    for each in said.bins:
        right = each.right
        if each.confidence is None or right.share is None or right.low is None or right.high is None:
            continue
        axes.plot([each.confidence] * 2, [right.low, right.high], color=BLUE)
        axes.plot(each.confidence, right.share, "o", color=BLUE)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=tell("confidence"), ylabel=tell("share that is right"))
    axes.legend(frameon=False, loc="upper left")
    return _svg(figure)


@_drawn
def scores_plot(said: Mapping[str, Score], tell: Tell = IN_ENGLISH.tell) -> str:
    """Draw how many verdicts are right of each name, with the interval. Names stand above, where any length fits."""
    figure, axes = _axes(height=0.7 + 0.45 * len(said))
    for place, (name, score) in enumerate(said.items()):
        right = score.right
        if right.share is None or right.low is None or right.high is None:
            continue
        axes.barh(place, right.share, height=0.4, color=PALE)
        axes.plot([right.low, right.high], [place, place], color=BLUE)
        axes.plot(right.share, place, "o", color=BLUE)
        words = f"{_shorten(name)}: {tell('{count} of {of}', count=right.count, of=right.of)}"
        axes.text(0, place - 0.3, words, fontsize=9, clip_on=True).set_in_layout(False)
    axes.set(xlim=(0, 1.02), ylim=(len(said) - 0.6, -0.9), xlabel=tell("share that is right"), yticks=[])
    return _svg(figure)


def _shorten(name: str) -> str:
    """Return what of a name fits into a plot; the tables have all of it."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def _axes(height: float = SIDE) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(SIDE, height), layout="constrained")
    return figure, figure.subplots()


def _off_the_edge(count: int, of: int) -> float:
    return min(max(count, 0.5), of - 0.5) / of


def _svg(figure: Figure) -> str:
    """Write a figure as an element of a page: without the head of a file, and names that every plot has."""
    nobody: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    text = StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the browser has Hangul
        figure.savefig(text, format="svg", metadata=nobody, transparent=True)
    svg = text.getvalue()
    return re.sub(r' id="[a-z][\w.]*_\d+"', "", svg[svg.index("<svg") :])
