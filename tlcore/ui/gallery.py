"""The gallery of data sets: a card each, one of them opened below."""

from __future__ import annotations

import streamlit as st

from tlcore.datasets import DATASETS
from tlcore.registry import Entry
from tlcore.ui import fetching, words
from tlcore.ui.shelf import prepared, thumbnails

KEY = "set"
SHOWN = 14  # thumbnails on a card
A_ROW = 4  # cards


def gallery() -> str:
    """Draw the cards and return the name of the data set that is open; it stands in the address."""
    wanted = st.query_params.get(KEY, DATASETS.names()[0])
    if wanted not in DATASETS:
        st.warning(f"There is no data set {wanted[:40]!r} here: this is {DATASETS.names()[0]}.")
        wanted = DATASETS.names()[0]
    entries = list(DATASETS)
    for start in range(0, len(entries), A_ROW):
        for column, entry in zip(st.columns(A_ROW, gap="medium"), entries[start : start + A_ROW], strict=False):
            with column, st.container(border=True, key=f"card-{entry.name}"):
                _card(entry, opened=entry.name == wanted)
    return wanted


def _card(entry: Entry, opened: bool) -> None:
    data = prepared(entry.name)
    st.markdown(f"**{entry.facts.get('label', entry.title)}**")
    if data is None:
        st.markdown(f"Not prepared on this machine yet. {fetching.hint(entry.name)}")
    else:
        if "table" in entry.facts:
            st.markdown(entry.help)
        else:
            alt = f"{SHOWN} images of {entry.title}."
            thumbnails(data, "one of each", SHOWN, f"card-{entry.name}-sheet", alt, columns=7, size=32, rows=True)
        st.markdown(f":small[{words.examples(sum(data.sizes.values()), entry.name)}, {len(data.classes)} classes]")
    st.button(
        "Open below" if opened else "Look closer",
        key=f"open-{entry.name}",
        on_click=_open,
        args=(entry.name,),
        disabled=opened,
        width="stretch",
    )


def _open(name: str) -> None:
    st.query_params[KEY] = name
