"""Small pieces that several pages show: an empty place, what to do next, a quiet line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st


@dataclass(frozen=True)
class Step:
    """Something to do next: a title, why, and the page where it is done."""

    title: str
    why: str
    label: str
    page: str
    params: dict[str, str] = field(default_factory=dict)


def steps(each: Sequence[Step], key: str) -> None:
    """Cards beside each other, on a narrow screen below each other."""
    for place, (column, step) in enumerate(zip(st.columns(len(each), gap="medium"), each, strict=True)):
        with column.container(border=True, height="stretch", key=f"{key}-{place}"):
            st.markdown(f"**{step.title}**")
            st.markdown(step.why)
            st.page_link(step.page, label=step.label, icon=":material/arrow_forward:", query_params=step.params or None)


def empty(sentence: str, label: str, page: str, key: str, **params: str) -> None:
    """A place without content: what will be here, and the one way to fill it."""
    with st.container(border=True, key=key):
        st.markdown(sentence)
        st.page_link(page, label=label, icon=":material/arrow_forward:", query_params=params or None)


def nothing_yet(key: str) -> None:
    """What stands where runs would, while there are none."""
    empty("Nothing has run here yet. The first experiment takes a few minutes at most.", "Run the first experiment", "app.py", key)
