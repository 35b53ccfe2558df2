"""Which blocks to tune: every run of blocks in a row, as a triangle with the first one down and the last one across."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper
from tlcore.science.statistics import FEWEST
from tlcore.studies import span

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("first", "last", "seeds", "mean", "low", "high")
LIGHTEST, STRONGEST = 0.12, 0.5  # opacity of the worst and of the best, light enough for the ink on it


def table(rows: Iterable[Mapping[str, Any]], summary: Mapping[str, Any] | None = None) -> DataFrame:
    """A row for each run of tuned blocks: first, last (from 1), seeds, mean, low, high (shares); those without a tuned block are left out.

    rows: ``{"arm": "surgical 1-2", "seed", "accuracy"}``. summary: gives the interval, as for ``tlcore.charts.freezing``.
    """
    import pandas as pd

    arms = {arm["arm"]: arm for arm in (summary or {}).get("arms", ())}
    groups: dict[str, list[float]] = {}
    for row in rows:
        if span(row["arm"]) and row.get("accuracy") is not None:
            groups.setdefault(row["arm"], []).append(row["accuracy"])
    lines = []
    for arm, values in groups.items():
        known = arms.get(arm, {}) if len(values) >= FEWEST else {}
        first, last = span(arm) or (0, 0)
        lines.append((first, last, len(values), sum(values) / len(values), known.get("low"), known.get("high")))
    return pd.DataFrame(sorted(lines), columns=list(COLUMNS)).astype({"low": "float64", "high": "float64"})


def figure(
    table: DataFrame,
    theme: str = "light",
    blocks: Sequence[tuple[str, int]] = (),
    scratch: float | None = None,
    best: str | None = None,
    height: int = 360,
) -> paper.Figure:
    """A cell a run of blocks: from ember where all are tuned to ice where most are frozen, the stronger the better.

    scratch: mean accuracy from scratch. best: the arm that was best on validation, which gets a frame.
    """
    if table.empty:
        return paper.empty(theme, "For every run of tuned blocks its accuracy appears here.", height)
    most = max(len(blocks), int(table["last"].max()))
    sheet = _sheet(theme, most, blocks, scratch, height)
    low, high = float(table["mean"].min()), float(table["mean"].max())
    for row in table.itertuples(index=False):
        share = (row.mean - low) / ((high - low) or 1)
        colour = colours.frost(1 - (row.last - row.first + 1) / most, theme)
        framed = f"surgical {row.first}-{row.last}" == best
        sheet["shapes"].append(_cell(row.first, row.last, colour, LIGHTEST + share * (STRONGEST - LIGHTEST), framed, theme))
        said = f"<b>{100 * row.mean:.1f}</b>"
        font = {"size": 15 if most <= 5 else 12, "color": colours.palette(theme).ink}
        sheet["annotations"].append({**paper.words(theme, said, x=row.last, y=row.first), "font": font})
    return {"data": [_hover(table)], "layout": sheet}


def _cell(first: int, last: int, colour: str, opacity: float, framed: bool, theme: str) -> paper.Figure:
    edges = {"x0": last - 0.47, "x1": last + 0.47, "y0": first - 0.46, "y1": first + 0.46}
    line = {"color": colours.palette(theme).ink, "width": 2} if framed else {"width": 0}
    return {"type": "rect", **edges, "fillcolor": colours.fade(colour, round(opacity, 2)), "line": line, "layer": "below"}


def _hover(table: DataFrame) -> paper.Figure:
    """Nothing to be seen, something to be pointed at."""
    said = []
    for row in table.itertuples(index=False):
        span = f"block {row.first}" if row.first == row.last else f"blocks {row.first} to {row.last}"
        said.append(f"{span} tuned, mean {100 * row.mean:.1f} % of {row.seeds} seeds")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": table["last"].tolist(),
        "y": table["first"].tolist(),
        "marker": {"size": 40, "opacity": 0},
        "text": said,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _sheet(theme: str, most: int, blocks: Sequence[tuple[str, int]], scratch: float | None, height: int) -> paper.Figure:
    names = ["", *(paper.plain(name).replace(" ", "<br>", 1) for name, _ in blocks), *[""] * most]
    ticks = {"tickvals": list(range(1, most + 1)), "ticks": "", "showline": False, "fixedrange": True, "tickangle": 0}
    down, right = ([f"<b>{place}</b>{gap}{names[place]}" for place in range(1, most + 1)] for gap in (" ", "<br>"))
    across = paper.axis(theme, "Last tuned block", range=[0.5, most + 0.5], ticktext=right, **ticks)
    up = paper.axis(theme, "First tuned block", range=[most + 0.5, 0.5], ticktext=down, **ticks)
    said = [paper.heading(theme, "Accuracy on the test part, %")]
    if scratch is not None:
        corner = {"xref": "paper", "x": 0.02, "xanchor": "left", "yref": "paper", "y": 0.05, "yanchor": "bottom"}
        font = {"size": 13, "color": colours.of("scratch", theme)}
        said.append({**paper.words(theme, f"from scratch {100 * scratch:.1f}", **corner), "font": font})
    return paper.layout(theme, height, xaxis=across, yaxis=up, annotations=said, shapes=[], margin={"l": 48, "r": 12, "t": 28, "b": 48})
