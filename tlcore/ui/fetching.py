"""What a data set still has to fetch: said before a click or a run, and how far it is meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tlcore.datasets import downloads
from tlcore.ui import words


def hint(name: str) -> str:
    """What a run with this data set would fetch first, in a sentence; nothing where all is there."""
    size = downloads.to_fetch(name)
    return f"Downloads {words.size(size)} from {downloads.host(name)}, once." if size else ""


def help_with(said: str) -> Callable[[str], str]:
    """The line below a choice of data sets, with what the chosen one would fetch."""
    return lambda name: f"{said} {hint(name)}".rstrip()


def sentence(name: str) -> str:
    """How far the download of a data set is, or nothing while none goes on."""
    now = downloads.progress(name)
    return f"Downloading: {now.done / 1e6:.1f} of {words.size(now.total)} have come." if now else ""


def bar(name: str) -> bool:
    """Draw how far the download is; whether one goes on."""
    now = downloads.progress(name)
    if now is None:
        return False
    share = now.done / max(now.total, 1)
    st.progress(min(share, 1.0), text=f"{sentence(name)} That is {words.percent(share)}.")
    return True
