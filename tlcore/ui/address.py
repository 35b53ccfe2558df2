"""The address of a page as a whole: parameters that nothing on the page knows, and parameters that a link should have taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from tlcore.ui.forms import ARRIVED, PAGE, PLACES

OWN = (  # read without a form, or by one that another tab hides
    "run", "runs", "study", "set", "list", "before", "tab", "curve", "cells", "inside", "layout", "token", "embed", "embed_options",
)  # fmt: skip
HAD = "_had"  # in the session: whether the address had parameters
UNKNOWN = "_unknown"  # in the session: those that nothing knew when the visitor came
NAMED = 3


def cleared() -> None:
    """Take the parameters away after a link to the page that is open: the script loses them, the address does not."""
    has = bool(st.query_params.to_dict())
    if st.session_state.get(HAD) and not has and not st.session_state[ARRIVED]:
        st.query_params.clear()
    st.session_state[HAD] = has


@contextmanager
def understood() -> Iterator[None]:
    """Around the body of a page: above it stands what the address asked for and nothing below knows."""
    place = st.empty()
    yield
    if st.session_state[ARRIVED]:
        drawn = st.session_state.get(PLACES, {})
        st.session_state[UNKNOWN] = [each for each in st.query_params if each not in OWN and drawn.get(each) != st.session_state[PAGE]]
    names = [each for each in st.session_state.get(UNKNOWN, ()) if each in st.query_params]
    if names:
        place.warning(_said(names))


def _said(names: list[str]) -> str:
    named = ", ".join(f"`{name[:40].replace('`', '')}`" for name in names[:NAMED]) + (" and more" if len(names) > NAMED else "")
    return f"The address asks for {named}, which {'is' if len(names) == 1 else 'are'} not on this page: nothing was changed by it."
