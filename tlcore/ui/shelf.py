"""Prepared data sets and their thumbnails, opened and drawn once for all visitors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore import folder
from tlcore.datasets import Dataset, find
from tlcore.ui import words
from tlcore.ui.picture import show_sheet


def prepared(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset | None:
    """The data set if it lies ready."""
    return _prepared(str(folder.home()), name, json.dumps(knobs or {}))


def _there(data: Dataset | None) -> bool:
    return data is not None and (data.folder / "about.json").exists()


@st.cache_resource(max_entries=16, show_spinner=False, validate=_there)
def _prepared(home: str, name: str, knobs: str) -> Dataset | None:
    return find(name, json.loads(knobs))


def one_of_each(data: Dataset, most: int) -> list[int]:
    """Places in train of one image a class, the classes spread evenly, and again from the first class while there is room."""
    import numpy as np

    labels = np.asarray(data.train.labels)
    classes = len(data.classes)
    wanted = [place * classes // most for place in range(most)] if classes > most else [place % classes for place in range(most)]
    return [int(np.flatnonzero(labels == label)[wanted[:place].count(label)]) for place, label in enumerate(wanted)]


def some_of_each(data: Dataset, count: int) -> list[int]:
    """Places in train of the first images of each class, class after class."""
    import numpy as np

    labels = np.asarray(data.train.labels)
    return [int(place) for label in range(len(data.classes)) for place in np.flatnonzero(labels == label)[:count]]


PICKS = {"one of each": one_of_each, "some of each": some_of_each}


def thumbnails(data: Dataset, pick: str, count: int, key: str, alt: str, named: bool = False, **layout: Any) -> None:
    """Show images of train. pick and count: a name of ``PICKS`` and its number; named: the class below each.

    layout: as for ``tlcore.charts.samples.figure``.
    """
    show_sheet(_picked(data.id, json.dumps([pick, count, named, layout]), data), alt, key)


def rows_of(data: Dataset, count: int, alt: str) -> None:
    """Show the first rows of a table's training part side by side, a line a column, in the columns' own units."""
    from tlcore.datasets import tables

    part, known, columns = data.train, data.facts.get("values"), data.facts["table"]
    told = {"class (answer)": [data.classes[label] for label in part.labels[:count]]}
    if known is not None and part.values is not None:
        told[f"{known.name}, {known.unit} (answer)"] = [f"{value:g}" for value in part.values[:count].tolist()]
    values = tables.values(part.images[:count], columns)
    told |= {name: [words.three(value) for value in values[:, place]] for place, name in enumerate(columns)}
    rows = [{"column": name, **{f"row {place}": each for place, each in enumerate(line, start=1)}} for name, line in told.items()]
    st.table(rows, border="horizontal", hide_index=True, alt=alt)


def chosen(data: Dataset, places: Sequence[int], key: str, alt: str, **layout: Any) -> None:
    """Show the images at some places of train."""
    show_sheet(_chosen(data.id, json.dumps([list(places), layout]), data), alt, key)


@st.cache_resource(max_entries=48, show_spinner=False)
def _picked(data_id: str, what: str, _data: Dataset) -> str:
    pick, count, named, layout = json.loads(what)
    return _html(_data, PICKS[pick](_data, count), named, layout)


@st.cache_resource(max_entries=48, show_spinner=False)
def _chosen(data_id: str, what: str, _data: Dataset) -> str:
    places, layout = json.loads(what)
    return _html(_data, places, False, layout)


def _html(data: Dataset, places: Sequence[int], named: bool, layout: dict[str, Any]) -> str:
    from tlcore.charts import samples

    captions = [data.classes[data.train.labels[place]] for place in places] if named else None
    return samples.figure(data.train.images[list(places)], captions, **layout)


def balance(data: Dataset) -> dict[str, dict[str, int]]:
    """Images of each class in each part."""
    return _balance(data.id, data)


@st.cache_resource(max_entries=16, show_spinner=False)
def _balance(data_id: str, _data: Dataset) -> dict[str, dict[str, int]]:
    return {part: dict(counts) for part, counts in _data.balance().items()}
