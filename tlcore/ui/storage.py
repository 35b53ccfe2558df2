"""The data folder in the corner of every page: where it is, how large, and the way to empty it."""

from __future__ import annotations

import streamlit as st

from tlcore import folder, jobs
from tlcore.registry import InputError
from tlcore.ui import words

SURE = "everything-sure"
REFUSED = "everything-refused"


def corner() -> None:
    """The size of the data folder; behind it its place and the button that deletes all of it."""
    used = words.size(_disk(str(folder.home())))
    style = {"icon": ":material/folder:", "type": "tertiary", "width": "stretch"}
    box = st.popover(f"{used} on disk", key="storage", on_change="rerun", **style)
    if not box.open:
        return
    with box:
        st.markdown("Everything that the lab keeps lies in one folder on this machine: runs, weights, prepared data, backups.")
        st.code(str(folder.home()), language=None, wrap_lines=True)
        sure = st.checkbox("All of it may go. It cannot be taken back.", key=SURE)
        st.button("Delete everything", icon=":material/delete:", key="everything", disabled=not sure, on_click=_empty)
        if refused := st.session_state.pop(REFUSED, None):
            st.error(refused)


def _empty() -> None:
    try:
        jobs.store().delete_everything()
    except InputError as refusal:
        st.session_state[REFUSED] = str(refusal)
        return
    st.session_state[SURE] = False
    st.query_params.clear()
    _disk.clear()
    st.toast("Everything is deleted.", icon=":material/check:")


@st.cache_data(ttl=20, max_entries=4, show_spinner=False)
def _disk(home: str) -> int:
    return jobs.store().disk()
