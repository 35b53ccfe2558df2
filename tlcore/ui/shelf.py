"""Prepared data sets and their thumbnails, opened and drawn once for all visitors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore import folder
from tlcore.datasets import Dataset, find
from tlcore.ui.picture import show_sheet


def prepared(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset | None:
    """The data set if it lies ready."""
    return _prepared(str(folder.home()), name, json.dumps(knobs or {}))


def _there(data: Dataset | None) -> bool:
    return data is not None and (data.folder / "about.json").exists()


@st.cache_resource(max_entries=16, show_spinner=False, validate=_there)
def _prepared(home: str, name: str, knobs: str) -> Dataset | None:
    return find(name, json.loads(knobs))


@st.cache_resource(max_entries=64, show_spinner=False)
def _one_of_each(data_id: str, most: int, _data: Dataset) -> list[int]:
    import numpy as np

    labels = np.asarray(_data.train.labels)
    classes = len(_data.classes)
    wanted = [place * classes // most for place in range(most)] if classes > most else [place % classes for place in range(most)]
    return [int(np.flatnonzero(labels == label)[wanted[:place].count(label)]) for place, label in enumerate(wanted)]


def one_of_each(data: Dataset, most: int) -> list[int]:
    """Places in train of one image a class, the classes spread evenly, and again from the first class while there is room."""
    return _one_of_each(data.id, most, data)


@st.cache_resource(max_entries=16, show_spinner=False)
def _some_of_each(data_id: str, count: int, _data: Dataset) -> list[int]:
    import numpy as np

    labels = np.asarray(_data.train.labels)
    return [int(place) for label in range(len(_data.classes)) for place in np.flatnonzero(labels == label)[:count]]


def some_of_each(data: Dataset, count: int) -> list[int]:
    """Places in train of the first images of each class, class after class."""
    return _some_of_each(data.id, count, data)


def thumbnails(data: Dataset, places: Sequence[int], key: str, alt: str, named: bool = False, **layout: Any) -> None:
    """Show images of train; ``named`` puts the class below each. layout: as for ``tlcore.charts.samples.figure``."""
    show_sheet(_drawn(data.id, json.dumps([list(places), named, layout]), data), alt, key)


@st.cache_resource(max_entries=48, show_spinner=False)
def _drawn(data_id: str, what: str, _data: Dataset) -> str:
    from tlcore.charts import samples

    places, named, layout = json.loads(what)
    captions = [_data.classes[_data.train.labels[place]] for place in places] if named else None
    return samples.figure(_data.train.images[places], captions, **layout)
