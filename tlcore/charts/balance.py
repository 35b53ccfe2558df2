"""How many images of each class each part of a data set has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tlcore.charts import colours, paper

if TYPE_CHECKING:
    import pandas as pd

TITLES = {"train": "Pool", "validation": "Validation", "test": "Test"}
OPACITY = {"train": 1.0, "validation": 0.45, "test": 0.12}
HATCHES = {"test": "/"}


def table(balance: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """part -> class -> count, as ``Dataset.balance`` gives it; columns class, part, images."""
    import pandas as pd

    rows = [(name, part, images) for part, counts in balance.items() for name, images in counts.items()]
    return pd.DataFrame(rows, columns=["class", "part", "images"])


def words(balance: Mapping[str, Mapping[str, int]]) -> str:
    """How even the classes are, in one sentence.

    >>> words({"train": {"a": 10, "b": 10}, "test": {"a": 2, "b": 3}})
    'The rarest class has 12 images, the commonest 13.'
    """
    totals: dict[str, int] = {}
    for counts in balance.values():
        for name, images in counts.items():
            totals[name] = totals.get(name, 0) + images
    low, high = min(totals.values()), max(totals.values())
    return f"Yes: {high:,} images of each." if low == high else f"The rarest class has {low:,} images, the commonest {high:,}."


def figure(table: pd.DataFrame, theme: str = "light", height: int = 300) -> paper.Figure:
    """Bars of the classes; the parts are told apart by colour and hatching."""
    if table.empty:
        return paper.empty(theme, "Every class gets a bar here, as high as it has images.", height)
    bars = [_bars(str(part), rows, theme) for part, rows in table.groupby("part", sort=False)]
    across = paper.axis(theme, "Class", type="category", ticks="")
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.16, "yanchor": "bottom", "traceorder": "normal"}
    more = {"barmode": "stack", "bargap": 0.25, "showlegend": True, "legend": legend, "margin": {"l": 48, "r": 8, "t": 68, "b": 44}}
    said = [paper.heading(theme, "Images")]
    return {"data": bars, "layout": paper.layout(theme, height, xaxis=across, yaxis=paper.value_axis(theme), annotations=said, **more)}


def _bars(part: str, rows: pd.DataFrame, theme: str) -> paper.Figure:
    name = TITLES.get(part, part)
    colour = colours.of("source", theme)
    fill = {"color": colours.fade(colour, OPACITY.get(part, 1.0)), "line": {"color": colour, "width": 1}}
    hatch = {"shape": HATCHES.get(part, ""), "fgcolor": colour, "fillmode": "overlay", "size": 6, "solidity": 0.25}
    return {
        "type": "bar",
        "name": paper.plain(name),
        "x": [paper.plain(each) for each in rows["class"]],
        "y": rows["images"].tolist(),
        "marker": {**fill, "pattern": hatch},
        "hovertemplate": f"class %{{x}}: %{{y:,}} images<extra>{paper.plain(name)}</extra>",
    }
