"""How sources leave the shelf as files, and come in: a process of its own does it, and the page waits without standing still."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from tlcore import jobs
from tlcore.archive import LARGEST, SUFFIX
from tlcore.ui import frame, hand, words

if TYPE_CHECKING:
    from tlcore.store import Run

PULSE = 1.0  # seconds between two looks at what is on its way
GIVEN = "_given"  # in the session: the last file that was given here
COMING = "_coming"  # in the session: the key of the source that comes in
BRINGS = (
    "A `.keras` file that a lab like this one has exported. Of it only numbers are read, its scores are measured again here, and it is "
    "used where you choose it. Models from elsewhere are not opened: they can bring code."
)
TAKES = (
    "A `.keras` file that Keras opens anywhere: images of any size in, preprocessing inside. Spec, seed, versions, scores and curves lie "
    "in it too, so that a lab can import it."
)


def way_out(run: Run) -> None:
    """The export of a source."""
    box = st.popover("Export", icon=":material/upload_file:", key=f"export-{run.id}", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(TAKES)
        begun = jobs.exported(run.id)[0]

        @frame.moving(PULSE if begun == "running" else None, key=f"export-live-{run.id}")
        def moving() -> None:
            state, said, path = jobs.exported(run.id)
            if state != begun:
                st.rerun(scope="app")
            if path is not None:
                label = f"Save it, {words.size(path.stat().st_size)}"
                st.download_button(
                    label, path.read_bytes(), f"{file_name(run)}{SUFFIX}", key=f"save-{run.id}", type="primary", on_click="ignore"
                )
            elif state == "running":
                st.markdown("It is being written, it takes about ten seconds.")
            else:
                if said:
                    st.error(said)
                st.button("Write the file", key=f"write-{run.id}", type="primary", on_click=hand.attempt, args=(jobs.export, run.id))

        moving()


def file_name(run: Run) -> str:
    """What its file is called: nothing in it that a disk could take amiss.

    >>> from types import SimpleNamespace
    >>> file_name(SimpleNamespace(name="../Mine: best", number=3))
    'Mine-best'
    """
    spoken = run.name or f"{run.dataset}-{run.objective}-{run.number}"
    return re.sub(r"[^\w]+", "-", spoken).strip("-_") or f"source-{run.number}"


def way_in() -> bool:
    """The import of a source, and whether what becomes of it is told in there; where strangers can come there is none."""
    box = st.popover(
        "Import",
        icon=":material/download:",
        key="import",
        on_change="rerun",
        width="stretch",
        disabled=jobs.hosted(),
        help=jobs.CLOSED if jobs.hosted() else None,
    )
    if not box.open:
        return False
    with box:
        st.markdown(BRINGS)
        file = st.file_uploader("Which file?", type=[SUFFIX[1:]], key="import-file", max_upload_size=LARGEST >> 20)
        if file is not None and st.session_state.get(GIVEN) != file.file_id:
            st.session_state[GIVEN] = file.file_id
            st.session_state[COMING] = hand.attempt(jobs.bring, file.getvalue())
            st.rerun()
        arrived()
    return True


def arrived() -> None:
    """What became of the file that was given here."""
    key = st.session_state.get(COMING)
    if key is None:
        return
    begun = jobs.brought(key)[0]

    @frame.moving(PULSE if begun == "running" else None, key="import-live")
    def moving() -> None:
        state, said, run = jobs.brought(key)
        if state != begun:
            st.rerun(scope="app")
        if run is not None:
            st.success(f"It is on the shelf as run {run.number}. It was {run.note}.")
        elif state == "running":
            st.info("The file is read, and its source is measured here: that takes some seconds.")
        else:
            st.error(said)

    moving()
