"""The timeline: which block learns when. A row a block, the input at the top and the head at the bottom; epochs from left to right.

That is the order of the strip turned by a quarter. Frozen is ice with square ends, trained is ember with round ones, and where
there is room a word says it too. ``segments`` finds what is drawn, without pandas; ``table`` and ``figure`` are the chart; ``panel``
is the same chart for a sheet that shows curves on the same epochs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.charts import colours, modifiers, paper

if TYPE_CHECKING:
    from pandas import DataFrame

    from tlcore.spec import RunSpec, Stretch
    from tlcore.strategies import Phase

ROW = 20  # pixels of a row
THICK = 0.9  # of a row that a segment takes
LEFT = 58  # pixels for the names of rows
FRAME = 28 + 44  # pixels above and below the rows when the timeline stands alone
MIDDLE = 0.5  # of an epoch: where a change within one is put while nobody knows how many batches it has
GROUND = {"frozen": "pale_ice", "slow": "pale_ember", "part": "pale_ember", "full": "ember"}
WIDTH = 520  # pixels that the epochs have at least where there is room; a narrow screen leaves out more words by itself
LETTER = 7  # pixels of a letter in a segment
ROUND = {"frozen": 1, "trained": 8}  # pixels at the corners: the strip's second cue
WORDS = {"frozen": "frozen", "full": "full rate", "part": "only a part of it"}


class Segment(NamedTuple):
    """A part of a run in which one block stays what it is.

    block: from 1 at the input; the head comes after the last. first, last: epochs that are done at its begin and its end, with
    fractions. state: frozen, slow, full, or part, where just some variables move. by_hand: not what the strategy had planned.
    """

    block: int
    name: str
    first: float
    last: float
    factor: float
    state: str
    by_hand: bool


COLUMNS = Segment._fields


def of(spec: RunSpec, batches: int | None = None) -> list[Segment]:
    """The segments of a run, as far as its changes are known. batches: how many its first epoch has."""
    return segments(spec.course, spec.blocks, spec.epochs, batches, spec.phases)


def segments(
    stretches: Sequence[Stretch],
    blocks: Sequence[tuple[str, int]],
    epochs: int,
    batches: int | None = None,
    planned: Sequence[Phase] = (),
) -> list[Segment]:
    """What each block is when, the head last; equal neighbours are one. planned: the strategy's phases, to tell what was set by hand."""
    moments = [*(_moment(each, stretches[0], batches) for each in stretches), float(epochs)]
    names = [*(name for name, _ in blocks), "head"]
    found: list[Segment] = []
    for place, name in enumerate(names):
        for (first, last), stretch in zip(pairwise(moments), stretches, strict=True):
            if first >= last:
                continue
            one = Segment(place + 1, name, first, last, *_state(stretch, place, planned))
            if found and found[-1][:2] == one[:2] and found[-1][4:] == one[4:]:
                one = found.pop()._replace(last=last)
            found.append(one)
    return found


def table(
    stretches: Sequence[Stretch],
    blocks: Sequence[tuple[str, int]],
    epochs: int,
    batches: int | None = None,
    planned: Sequence[Phase] = (),
) -> DataFrame:
    """A row for each segment: block, name, first, last, factor (share of the learning rate), state, by_hand."""
    import pandas as pd

    return pd.DataFrame(segments(stretches, blocks, epochs, batches, planned), columns=list(COLUMNS))


def figure(table: DataFrame, theme: str = "light", epochs: int | None = None) -> paper.Figure:
    """The timeline alone. epochs: where the axis ends."""
    drawn = [Segment(*row) for row in table[list(COLUMNS)].itertuples(index=False, name=None)]
    if not drawn:
        return paper.empty(theme, "Which block learns when appears here once a run is chosen.", 160)
    last = max([epochs or 1, *(math.ceil(each.last) for each in drawn)])
    traces, rows = panel(drawn, theme, "y")
    sheet = paper.layout(theme, height(drawn) + FRAME, xaxis=paper.epochs(theme, last), yaxis=rows, annotations=[heading(drawn, theme)])
    return {"data": traces, "layout": {**sheet, "margin": {**sheet["margin"], "l": LEFT}}}


def height(drawn: Sequence[Segment]) -> int:
    """The pixels that the rows take."""
    return ROW * len(_rows(drawn))


def numbers(drawn: Sequence[Segment]) -> list[str]:
    """The names of the rows where there is no room for them."""
    return [name if name == "head" else str(block) for block, name in _rows(drawn).items()]


def heading(drawn: Sequence[Segment], theme: str) -> paper.Figure:
    """Small words above the rows: what they show and how."""
    hatched = any(each.state == "part" for each in drawn)
    outlined = any(each.by_hand for each in drawn)
    told = "square: frozen, round: trained" if not (hatched and outlined) else "square: frozen"  # it has to fit on a telephone
    told += ", hatched: in part" * hatched + ", outlined: by hand" * outlined
    return paper.heading(theme, f"What learns when <span style='font-size:12px'>· {told}</span>")


def panel(drawn: Sequence[Segment], theme: str, axis: str) -> tuple[list[paper.Figure], paper.Figure]:
    """The traces on a vertical axis of that name, and the layout of that axis."""
    frozen = [each for each in drawn if each.state == "frozen"]
    trained = [each for each in drawn if each.state != "frozen"]
    rows = _rows(drawn)
    names = [_row(block, name) for block, name in rows.items()]
    up = paper.axis(
        theme,
        range=[len(rows) + 0.5, 0.5],
        fixedrange=True,
        showline=False,
        tickmode="array",
        tickvals=list(rows),
        ticktext=names,
        tickfont={"size": 12},
        automargin=False,
    )
    bars = [_bars(half, each, theme, axis) for half, each in (("frozen", frozen), ("trained", trained)) if each]
    return [*bars, _words(drawn, theme, axis)], up


def words(drawn: Iterable[Segment]) -> str:
    """The timeline as sentences, for those who hear it."""
    return " ".join(f"{said(each).capitalize()}." for each in drawn)


def said(one: Segment) -> str:
    """A segment in words.

    >>> said(Segment(3, "conv 64", 4.0, 12.0, 0.1, "slow", True))
    'block 3 (conv 64), epochs 5 to 12: ×0.1 of the learning rate, set by hand'
    """
    first, last = math.floor(one.first) + 1, math.ceil(one.last)
    who = "head" if one.name == "head" else f"block {one.block} ({one.name})"
    when = f"epoch {first}" if first >= last else f"epochs {first} to {last}"
    rate = f"×{one.factor:g} of the learning rate"
    state = f"{WORDS['part']}, {rate}" if one.state == "part" else WORDS.get(one.state, rate)
    return f"{who}, {when}: {state}{', set by hand' if one.by_hand else ''}"


def _moment(stretch: Stretch, first: Stretch, batches: int | None) -> float:
    """When a stretch begins, in epochs. An epoch has fewer batches where they are larger."""
    epoch, step = stretch.begin
    if not step:
        return float(epoch)
    if not batches:
        return epoch + MIDDLE
    return epoch + min(step / math.ceil(batches * first.batch_size / stretch.batch_size), 0.99)


def _state(stretch: Stretch, place: int, planned: Sequence[Phase]) -> tuple[float, str, bool]:
    """Factor, state and by_hand of a block, counted from 0, in a stretch."""
    phase = stretch.phase
    factor = (*phase.factors, phase.head)[place]
    plan = planned[stretch.planned] if planned else phase
    by_hand = factor != (*plan.factors, plan.head)[place]
    if not factor:
        return factor, "frozen", by_hand
    if place < len(phase.factors) and modifiers.partial(phase):
        return factor, "part", by_hand
    return factor, "slow" if factor < 1 else "full", by_hand


def _rows(drawn: Sequence[Segment]) -> dict[int, str]:
    return {each.block: each.name for each in drawn}


def _row(block: int, name: str) -> str:
    return name if name == "head" else f"block {block}"


def _bars(half: str, drawn: Sequence[Segment], theme: str, axis: str) -> paper.Figure:
    """Segments as bars, one trace for each look of their ends."""
    return {
        "type": "bar",
        "orientation": "h",
        "yaxis": axis,
        "uid": f"timeline-{half}",
        "meta": "timeline",
        "showlegend": False,
        "y": [each.block for each in drawn],
        "base": [round(each.first, 3) for each in drawn],
        "x": [round(each.last - each.first, 3) for each in drawn],
        "width": THICK,
        "offset": -THICK / 2,
        "marker": _look(half, drawn, theme),
        "hovertext": [paper.plain(said(each)) for each in drawn],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _words(drawn: Sequence[Segment], theme: str, axis: str) -> paper.Figure:
    """What stands in the segments; a trace of its own, for a bar shrinks its words to fit between round ends."""
    ink = colours.palette(theme)
    end = max(each.last for each in drawn)
    return {
        "type": "scatter",
        "mode": "text",
        "yaxis": axis,
        "uid": "timeline-words",
        "meta": "timeline-words",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [round((each.first + each.last) / 2, 3) for each in drawn],
        "y": [each.block for each in drawn],
        "text": [_short(each, WIDTH / end) for each in drawn],
        "textfont": {"size": 11, "color": [ink.paper if each.state == "full" else ink.ink for each in drawn]},
        "customdata": [round(each.last - each.first, 3) for each in drawn],  # room for the word, in epochs
    }


def _look(half: str, drawn: Sequence[Segment], theme: str) -> dict[str, Any]:
    ink = colours.palette(theme)
    return {
        "color": [colours.of(GROUND[each.state], theme) for each in drawn],
        "cornerradius": ROUND[half],
        "line": {
            "color": [ink.ink if each.by_hand else ink.ice if half == "frozen" else ink.ember for each in drawn],
            "width": [2 if each.by_hand else 1 for each in drawn],
        },
        "pattern": {
            "shape": ["/" if each.state == "part" else "" for each in drawn],
            "fillmode": "replace",
            "bgcolor": ink.paper,
            "fgcolor": ink.pale_ember,
            "size": 7,
            "solidity": 0.4,
        },
    }


def _short(one: Segment, epoch: float) -> str:
    """What stands in a segment if it fits, with so many pixels to an epoch; the hatch of a part says enough."""
    word = {"frozen": "frozen", "part": ""}.get(one.state, f"×{one.factor:g}")
    return word if (one.last - one.first) * epoch > LETTER * (len(word) + 1) else ""
