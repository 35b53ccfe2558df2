"""What each objective was worth: a cell for objective and labels a class, the stronger the further above frozen random blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours, paper
from tlcore.studies import apart, label

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ("arm", "labels", "seeds", "mean", "low", "high", "gain", "beats")
CONTROLS = ("scratch", "random_frozen")
LIGHTEST, STRONGEST = 0.08, 0.55  # opacity of the smallest and of the largest gain, light enough for the ink on it
ROW, EDGE = 46, 76  # pixels of a row, and of what stands around all rows


def table(rows: Iterable[Mapping[str, Any]], summary: Mapping[str, Any] | None = None, target: str = "") -> DataFrame:
    """A row a cell, the best objective first and controls last: arm, labels (a class, missing for all), seeds, mean, low, high, gain, beats.

    rows: ``{"arm", "frozen", "seed", "accuracy"}``, where frozen is the labels a class. summary: a race's answer, which gives interval, gain
    over random blocks and whether that is more than chance. target: of several the one that is drawn.
    """
    import pandas as pd

    known = {(each["arm"], each["frozen"]): each for each in (summary or {}).get("arms", ()) if not target or each["target"] == target}
    groups: dict[tuple[str, int | None], list[float]] = {}
    for row in rows:
        arm, where = apart(row["arm"])
        if row.get("accuracy") is not None and (not target or where in ("", target)):
            groups.setdefault((arm, row["frozen"]), []).append(row["accuracy"])
    lines = [_line(place, values, known.get(place, {}), groups) for place, values in groups.items()]
    arms = _order(lines)
    lines.sort(key=lambda each: (arms.index(each[0]), each[1] is None, each[1] or 0))
    found = pd.DataFrame(lines, columns=list(COLUMNS))
    return found.astype({"labels": "Int64", "low": "float64", "high": "float64", "gain": "float64", "beats": "object"})


def _line(place: tuple[str, int | None], values: Sequence[float], known: Mapping[str, Any], groups: Mapping[Any, Sequence[float]]) -> Any:
    arm, labels = place
    mean, base = sum(values) / len(values), groups.get(("random_frozen", labels), ())
    gain = mean - sum(base) / len(base) if base and arm != "random_frozen" else None
    whole = known if known.get("n") == len(values) else {}
    return arm, labels, len(values), mean, whole.get("low"), whole.get("high"), whole.get("gain", gain), whole.get("beats")


def _order(lines: Sequence[Any]) -> list[str]:
    """Objectives by their mean over all labels, controls below them."""
    means: dict[str, list[float]] = {}
    for arm, _, _, mean, *_ in lines:
        means.setdefault(arm, []).append(mean)
    return sorted(
        means, key=lambda arm: (arm in CONTROLS, CONTROLS.index(arm) if arm in CONTROLS else 0, -sum(means[arm]) / len(means[arm]))
    )


def figure(table: DataFrame, theme: str = "light") -> paper.Figure:
    """Mean accuracy in each cell with half its interval below; an open cell is no more than random blocks, as far as can be told."""
    if table.empty:
        return paper.empty(theme, "For every objective and number of labels its accuracy appears here.", 240)
    arms, amounts = list(dict.fromkeys(table["arm"])), sorted({_amount(each) for each in table["labels"]})
    sheet = _sheet(theme, arms, amounts, bool(table["high"].notna().any()))
    most = max((gain for gain in table["gain"].dropna()), default=0.0) or 1.0
    for row in table.itertuples(index=False):
        x, y = amounts.index(_amount(row.labels)), arms.index(row.arm)
        sheet["shapes"].append(_cell(x, y, row, most, theme))
        sheet["annotations"].append({**paper.words(theme, _said(row), x=x, y=y), "font": {"size": 13, "color": colours.palette(theme).ink}})
    return {"data": [_hover(table, arms, amounts)], "layout": sheet}


def _amount(labels: Any) -> tuple[bool, int]:
    """Labels a class in their order, all of them last."""
    return (True, 0) if str(labels) == "<NA>" else (False, int(labels))


def _said(row: Any) -> str:
    mean = f"<b>{100 * row.mean:.1f}</b>"
    return mean if row.high != row.high else f"{mean}<br><span style='font-size:11px'>± {50 * (row.high - row.low):.1f}</span>"


def _cell(x: int, y: int, row: Any, most: float, theme: str) -> paper.Figure:
    """A control is grey, an objective violet as every source; one that is no better than chance has no ground, only a dotted edge."""
    ink, edges = colours.palette(theme), {"x0": x - 0.47, "x1": x + 0.47, "y0": y - 0.45, "y1": y + 0.45}
    plain = {"type": "rect", **edges, "layer": "below"}
    if row.arm in CONTROLS:
        return {**plain, "fillcolor": colours.fade(ink.grey, 0.14), "line": {"width": 0}}
    if _open(row):
        return {**plain, "fillcolor": "rgba(0,0,0,0)", "line": {"color": ink.soft, "width": 1, "dash": "dot"}}
    share = max(0.0, row.gain if row.gain == row.gain else 0.0) / most
    return {**plain, "fillcolor": colours.fade(ink.violet, round(LIGHTEST + share * (STRONGEST - LIGHTEST), 2)), "line": {"width": 0}}


def _open(row: Any) -> bool:
    """Whether a cell is no better than random blocks; while nobody can tell, it counts by its sign."""
    return not row.gain > 0 if row.beats is None else not row.beats


def _hover(table: DataFrame, arms: list[str], amounts: list[tuple[bool, int]]) -> paper.Figure:
    """Nothing to be seen, something to be pointed at."""
    said = []
    for row in table.itertuples(index=False):
        gain = f"<br>{100 * row.gain:+.1f} points over random blocks" if row.gain == row.gain else ""
        said.append(f"{label(row.arm)}, {_tick(_amount(row.labels))} labels a class: {100 * row.mean:.1f} %, {row.seeds} seeds{gain}")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [amounts.index(_amount(each)) for each in table["labels"]],
        "y": [arms.index(each) for each in table["arm"]],
        "marker": {"size": 40, "opacity": 0},
        "text": said,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _tick(amount: tuple[bool, int]) -> str:
    return "all" if amount[0] else str(amount[1])


def _sheet(theme: str, arms: list[str], amounts: list[tuple[bool, int]], told: bool) -> paper.Figure:
    ticks: dict[str, Any] = {"ticks": "", "showline": False, "fixedrange": True, "tickangle": 0}
    names = [_tick(each) for each in amounts]
    across = paper.axis(
        theme, "Labels a class", range=[-0.5, len(amounts) - 0.5], tickvals=list(range(len(amounts))), ticktext=names, **ticks
    )
    called = [label(arm).replace("Variational (VAE)", "VAE") for arm in arms]
    down = paper.axis(theme, range=[len(arms) - 0.5, -0.5], tickvals=list(range(len(arms))), ticktext=called, **ticks)
    said = [paper.heading(theme, f"Test accuracy, %{', ± 95 % interval' if told else ''}")]
    margin = {"l": 120, "r": 8, "t": 28, "b": 48}
    return paper.layout(theme, EDGE + ROW * len(arms), xaxis=across, yaxis=down, annotations=said, shapes=[], margin=margin)
