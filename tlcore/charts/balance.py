"""How many images of each class each part of a data set has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlcore.charts import colours

if TYPE_CHECKING:
    import pandas as pd

TITLES = {"train": "Pool", "validation": "Validation", "test": "Test"}


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


def figure(table: pd.DataFrame, theme: str = "light") -> dict[str, Any]:
    """Bars of the classes, a colour a part."""
    palette = colours.palette(theme)
    shades = {"train": palette.violet, "validation": colours.mix(palette.violet, palette.paper, 0.45), "test": palette.chance}
    data = []
    for part, rows in table.groupby("part", sort=False):
        data.append(
            {
                "type": "bar",
                "name": TITLES.get(str(part), str(part)),
                "x": rows["class"].tolist(),
                "y": rows["images"].tolist(),
                "marker": {"color": shades.get(str(part), palette.grey)},
                "hovertemplate": "%{x}: %{y} images<extra>%{fullData.name}</extra>",
            }
        )
    layout = {
        "barmode": "stack",
        "bargap": 0.25,
        "height": 300,
        "margin": {"l": 48, "r": 8, "t": 32, "b": 40},
        "font": {"family": colours.FONT, "color": palette.soft, "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "x": 0, "y": 1.12, "traceorder": "normal"},
        "xaxis": {"type": "category", "title": {"text": "Class"}, "showgrid": False, "fixedrange": True},
        "yaxis": {"title": {"text": "Images"}, "gridcolor": palette.grid, "zeroline": False, "fixedrange": True},
    }
    return {"data": data, "layout": layout}
