"""Where a run leads: to what comes from it, to a form with its settings, to a comparison, to others by a link; and its deletion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from tlcore import jobs
from tlcore.ui import frame, hand, recipes
from tlcore.ui.sources import moving

if TYPE_CHECKING:
    from tlcore.store import Run

NAMED = 8  # runs that came from a source, by number


def steering(run: Run) -> None:
    """The row of links of one run."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-steering"):
        if run.kind == "pretrain" and run.state == "finished":
            st.page_link("pages/finetune.py", label="Fine-tune from this source", icon=":material/school:", query_params=moving(run))
        form, choices = recipes.link_page(run.spec), recipes.link(run.spec, run.parent)
        st.page_link(form, label="Change and run anew", icon=":material/tune:", query_params=choices)
        st.page_link("pages/compare.py", label="Compare", icon=":material/compare_arrows:", query_params={"runs": run.id})
        _sharing(run)
        if not run.live and hand.may_steer(run.id):
            _deleting(run)
    hand.problem()


def _sharing(run: Run) -> None:
    """The links of a run: everybody sees it by the first; where strangers can see the lab, who has the second steers it too."""
    box = st.popover("Share", icon=":material/share:", key="run-share", on_change="rerun")
    if not box.open:
        return
    base = (st.context.url or "").rsplit("/", 1)[0]
    with box:
        st.markdown("Whoever opens this link sees the run: live, or as a replay.")
        st.code(f"{base}/runs?run={run.id}", language=None, wrap_lines=True)
        if jobs.hosted() and (held := hand.token(run.id)):
            st.markdown("Whoever has this one can steer it too: keep it to yourself.")
            st.code(f"{base}/runs?run={run.id}&{hand.TOKEN}={held}", language=None, wrap_lines=True)


def _deleting(run: Run) -> None:
    box = st.popover("Delete", icon=":material/delete:", key="run-delete", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(f"Run {run.number} goes for good, with its curves and its weights.")
        orphans([run])
        if st.button(f"Delete run {run.number}", key="run-delete-sure", type="primary"):
            hand.attempt(remove, run.id)
            if hand.PROBLEM not in st.session_state:
                st.query_params.pop("run", None)
            st.rerun()


def orphans(sources: Iterable[Run]) -> None:
    """Say which runs came from each source that is about to go."""
    for source in sources:
        children = frame.store().children(source.id)
        if children:
            names = ", ".join(str(child.number) for child in children[:NAMED]) + (" and more" if len(children) > NAMED else "")
            came = f"{'Run' if len(children) == 1 else 'Runs'} {names} came from source {source.number}."
            st.markdown(f"{came} What {'it' if len(children) == 1 else 'they'} measured stays.")


def remove(run_id: str) -> None:
    """Delete a run, and a source even when others came from it: the visitor has been told."""
    jobs.delete(run_id, force=True, token=hand.token(run_id))
