"""The strip: the blocks of a net from input to head, frozen or trained, phase by phase.

``figure`` returns HTML, because a strip is made of words and boxes that reflow on a narrow screen; its style sheet is
``STYLE``. All text is escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from tlcore.charts import modifiers
from tlcore.strategies import Phase, is_branch, spread

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("phase", "first", "last", "block", "name", "parameters", "factor", "state")
HEAD = 650  # parameters of a head with ten classes
Moved = Mapping[str, bool] | Sequence[bool]


def _snowflake() -> str:
    """A snowflake as an SVG path on a 20 x 20 sheet: six arms, each with two barbs."""
    arm = ((0, 0), (0, -8.2)), ((-2.2, -6.9), (0, -4.7)), ((2.2, -6.9), (0, -4.7))
    strokes = []
    for turn in range(6):
        sine, cosine = math.sin(turn * math.pi / 3), math.cos(turn * math.pi / 3)
        for stroke in arm:
            points = [f"{10 + x * cosine - y * sine:.1f} {10 + x * sine + y * cosine:.1f}" for x, y in stroke]
            strokes.append("M" + "L".join(points))
    return "".join(strokes)


GLYPHS = {
    "ice": _snowflake(),
    "ember": "M10.6 1.6c.5 2.8-1 4.4-2.4 6-1.5 1.7-3.2 3.4-3.2 5.9a5 5 0 0 0 10 .1c0-2-.8-3.6-1.700-5-.3 1.100-.8 1.800-1.6 2.300"
    ".5-3.1.2-6.6-1.1-9.3Z",
    "lock": "M5.5 9.2h9v7h-9zM7.3 9.2V6.8a2.7 2.7 0 0 1 5.4 0v2.4",
}


def table(blocks: Sequence[tuple[str, int]], phases: Sequence[Phase], epochs: int, head: int = HEAD) -> DataFrame:
    """A row for each phase and block, the head last: phase, first, last (epochs, from 1), block (from 1), name, parameters, factor, state.

    factor: share of the learning rate, 0 is frozen. state: frozen or trained. A phase without an epoch is left out.
    """
    import pandas as pd

    return pd.DataFrame(_rows(blocks, phases, epochs, head), columns=list(COLUMNS))


def words(blocks: Sequence[tuple[str, int]], phases: Sequence[Phase], epochs: int) -> str:
    """The strip as a sentence, for those who hear it."""
    said = [f"epochs {first} to {last}, {_told(blocks, phase)}" for phase, first, last in _spans(phases, epochs)]
    return f"{len(blocks)} blocks from input to head. {'. '.join(_capital(one) for one in said)}."


def figure(
    blocks: Sequence[tuple[str, int]],
    phases: Sequence[Phase],
    epochs: int,
    epoch: int | None = None,
    moved: Moved | None = None,
    seal: bool | None = None,
    head: int = HEAD,
) -> str:
    """The strip as HTML.

    epoch: how many epochs are done, while the run goes. moved: ``result["moved"]``, or one bool a block and one for the head.
    seal: whether everything frozen stayed bit-identical.
    """
    rows = [_phase(phase, first, last, epoch, solo=len(phases) == 1) for phase, first, last in _spans(phases, epochs)]
    return _strip(blocks, head, [*rows, _names(blocks, head), _moves(blocks, moved), _seal(seal)])


def arms(blocks: Sequence[tuple[str, int]], each: Sequence[tuple[str, Phase]], head: int = HEAD) -> str:
    """Several strategies of one phase below each other, as HTML: what sets the arms of a study apart. each: (name, phase)."""
    rows = [f"<div class='arm'><span>{escape(name)}</span>{_cells(phase)}</div>" for name, phase in each]
    return _strip(blocks, head, [*rows, f"<div class='arm'><span></span>{_names(blocks, head)}</div>"])


def arm_words(each: Sequence[tuple[str, Phase]]) -> str:
    """The same as a sentence."""
    return f"What each arm trains: {'; '.join(f'{name}: {phase.title}' for name, phase in each)}."


def _told(blocks: Sequence[tuple[str, int]], phase: Phase) -> str:
    """What a phase freezes and trains, in words."""
    frozen = [name for name, factor in zip(_numbered(blocks), phase.factors, strict=True) if not factor]
    trained = [name for name, factor in zip(_numbered(blocks), phase.factors, strict=True) if factor]
    (trained if phase.head else frozen).append("head")
    states = [f"{', '.join(names)} {state}" for names, state in ((frozen, "frozen"), (trained, "trained")) if names]
    return f"{phase.title}: {'; '.join([*states, *modifiers.said(phase)])}"


def _strip(blocks: Sequence[tuple[str, int]], head: int, parts: Sequence[str]) -> str:
    """The parts in columns as wide as the blocks' parameters, on a square-root scale."""
    widths = [max(1.0, parameters) ** 0.5 for _, parameters in (*blocks, ("head", head))]
    least = 0.55 * max(widths)  # else the first block and the head are slivers without room for a word
    columns = " ".join(f"{max(width, least):.1f}fr" for width in widths)
    return f"<div class='strip' style='--columns:{columns}'>{''.join(parts)}</div>"


def _rows(blocks: Sequence[tuple[str, int]], phases: Sequence[Phase], epochs: int, head: int) -> list[tuple[object, ...]]:
    places = list(enumerate((*blocks, ("head", head)), start=1))
    return [
        (phase.title, first, last, place, name, parameters, factor, "trained" if factor else "frozen")
        for phase, first, last in _spans(phases, epochs)
        for (place, (name, parameters)), factor in zip(places, (*phase.factors, phase.head), strict=True)
    ]


def _spans(phases: Sequence[Phase], epochs: int) -> list[tuple[Phase, int, int]]:
    """Phases that have an epoch, with the first and last one, counted from 1."""
    return [(phase, start + 1, end) for phase, start, end in spread(tuple(phases), epochs) if end > start]


def _phase(phase: Phase, first: int, last: int, epoch: int | None, solo: bool) -> str:
    """One row: what happens from when to when, the cells, and how far it is."""
    when = f"Epoch {first}" if first == last else f"Epochs {first} to {last}"
    now, state = "", ""
    if epoch is not None:
        done = min(1.0, max(0.0, (epoch - first + 1) / (last - first + 1)))
        now = f"<div class='bar'><i style='width:{100 * done:.1f}%'></i></div>"
        state = " now" if first - 1 <= epoch < last else " past" if epoch >= last else " later"
    more = "".join(f"<span class='more'>{escape(each)}</span>" for each in modifiers.said(phase))
    title = f"<div class='when'><b>{when}</b><span>{escape(phase.title)}</span>{more}</div>"
    return f"<div class='phase{state}{' solo' if solo else ''}'>{title}{_cells(phase)}{now}</div>"


def _cells(phase: Phase) -> str:
    new = len(phase.factors) - phase.fresh  # the blocks that start anew, and the head, which always does
    part = modifiers.partial(phase)
    cells = "".join(
        _cell(factor, place >= new, part and place < len(phase.factors)) for place, factor in enumerate((*phase.factors, phase.head))
    )
    return f"<div class='cells'>{cells}</div>"


def _cell(factor: float, new: bool, part: bool) -> str:
    kind = "ember" if factor else "ice"
    strength = f"{16 + 22 * min(1.0, factor) ** 0.5:.0f}%" if factor else "20%"
    rate = f"<small title='times the learning rate of the head'>&times;{factor:g}</small>" if factor and factor != 1 else ""
    marks = (" new" if new else "") + (" part" if part and factor else "")
    return f"<div class='cell {kind}{marks}' style='--strength:{strength}'>{_glyph(kind)}{rate}</div>"


def _glyph(kind: str) -> str:
    return f"<svg viewBox='0 0 20 20' class='{kind}-glyph' aria-hidden='true'><path d='{GLYPHS[kind]}'/></svg>"


def _names(blocks: Sequence[tuple[str, int]], head: int) -> str:
    told = "".join(f"<div>{escape(name)}<small class='count'>{_count(parameters)}</small></div>" for name, parameters in blocks)
    return f"<div class='cells names'>{told}<div>head<small class='count'>{_count(head)}</small></div></div>"


def _count(parameters: int) -> str:
    """Parameters in few characters.

    >>> _count(416), _count(18_688), _count(2_300_000)
    ('416', '19k', '2.3M')
    """
    if parameters < 1000:
        return str(parameters)
    return f"{parameters / 1000:.0f}k" if parameters < 1_000_000 else f"{parameters / 1e6:.1f}M"


def _moves(blocks: Sequence[tuple[str, int]], moved: Moved | None) -> str:
    """After the run: which blocks moved."""
    if moved is None:
        return ""
    cells = "".join(
        f"<div class='{'ember' if one else 'ice'}-text'>{'moved' if one else 'kept'}</div>" for one in blocks_moved(moved, len(blocks))
    )
    return f"<div class='cells moves'>{cells}</div>"


def blocks_moved(moved: Moved, blocks: int) -> list[bool]:
    """Whether anything of a block's own moved, for each block and the head; what was learned beside it does not count.

    >>> blocks_moved({"block1/conv/kernel": False, "block2/conv/kernel": True, "head/logits/bias": True}, 2)
    [False, True, True]
    """
    if not isinstance(moved, Mapping):
        return list(moved)
    found = [False] * (blocks + 1)
    for path, one in moved.items():
        match = re.match(r"block(\d+)/", path)
        place = int(match.group(1)) - 1 if match else blocks
        if place <= blocks:
            found[place] = found[place] or (bool(one) and not is_branch(path))
    return found


def _seal(seal: bool | None) -> str:
    if seal is None:
        return ""
    said = "Everything frozen is bit for bit what it was." if seal else "Something frozen has moved: this run does not count."
    return f"<div class='seal{'' if seal else ' broken'}'>{_glyph('lock')}{said}</div>"


def _numbered(blocks: Sequence[tuple[str, int]]) -> list[str]:
    return [f"block {place} ({name})" for place, (name, _) in enumerate(blocks, start=1)]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


STYLE = """
.strip { --ice: var(--st-blue-color); --ember: var(--st-orange-color); --gap: 4px; color: var(--st-text-color);
  font-family: var(--st-font); font-size: .8125rem; line-height: 1.3; container-type: inline-size; }
.cells { display: grid; grid-template-columns: var(--columns); gap: var(--gap); }
.cells > * { min-width: 0; }
.phase { margin-bottom: .6rem; transition: opacity .3s; }
.phase.later { opacity: .62; }
.when { display: flex; flex-wrap: wrap; column-gap: .6em; margin-bottom: .25rem; }
.when b { font-weight: 600; }
.cell { height: 40px; border-radius: 8px; display: flex; align-items: center; justify-content: center; gap: 4px;
  border: 1.5px solid; box-sizing: border-box; }
.solo .cell { height: 54px; }
.arm { display: grid; grid-template-columns: 6.5rem 1fr; align-items: center; margin-bottom: 4px; }
.arm .cell { height: 28px; border-radius: 10px; }
.arm .cell.ice { border-radius: 4px; }
.arm svg { width: 15px; height: 15px; }
.arm small { display: none; }
.arm .names small { display: block; }
.cell.ice { color: var(--ice); background: color-mix(in srgb, var(--ice) var(--strength), transparent);
  border-color: color-mix(in srgb, var(--ice) 45%, transparent); border-radius: 4px; }
.cell.ember { color: var(--ember); background: color-mix(in srgb, var(--ember) var(--strength), transparent);
  border-color: color-mix(in srgb, var(--ember) 45%, transparent); border-radius: 14px; }
.cell.new { border-style: dashed; }
.cell.part { background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--ember) 22%, transparent) 0 5px,
  color-mix(in srgb, var(--ice) 10%, transparent) 5px 11px); }
.when .more { opacity: .8; } .when .more::before { content: '\\00b7'; margin-right: .6em; }
.cell small { font-size: .75rem; font-variant-numeric: tabular-nums; color: var(--st-text-color); }
svg { width: 20px; height: 20px; flex: none; }
.solo svg { width: 24px; height: 24px; }
.ice-glyph path, .lock-glyph path { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.ember-glyph path { fill: currentColor; }
.bar { height: 3px; margin-top: 4px; border-radius: 2px; overflow: hidden;
  background: color-mix(in srgb, var(--st-text-color) 10%, transparent); }
.bar i { display: block; height: 100%; border-radius: 2px; background: var(--st-text-color); transition: width .4s; }
.names { text-align: center; font-size: .8125rem; margin-top: -.1rem; }
.names small { display: block; font-size: .75rem; opacity: .75; font-variant-numeric: tabular-nums; }
.moves { text-align: center; margin-top: .35rem; font-weight: 600; }
.ice-text { color: var(--ice); } .ember-text { color: var(--ember); }
.seal { display: flex; align-items: center; gap: .4em; margin-top: .6rem; font-weight: 600; color: var(--st-green-color); }
.seal.broken { color: var(--st-red-color); }
@container (min-width: 620px) { .count::after { content: ' weights'; } }
@container (max-width: 420px) { .cell { flex-direction: column; gap: 0; } .cell:has(small) svg { width: 17px; height: 17px; }
  .names, .moves { font-size: .75rem; } }
@media (prefers-reduced-motion: reduce) { .phase, .bar i { transition: none; } }
"""
