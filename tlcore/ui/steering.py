"""What can be done with a run: stop, go on, try again, compare, delete. Never inside a timed fragment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore import jobs
from tlcore.registry import InputError
from tlcore.ui import frame, recipes
from tlcore.ui.sources import recipe_name

if TYPE_CHECKING:
    from tlcore.store import Run

NAMED = 8  # runs that came from a source, by number
PROBLEM = "problem"  # a refusal, shown at the next drawing of the page


def attempt(action: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """Do something with the store from a callback; a refusal becomes a sentence on the page."""
    try:
        return action(*args, **keywords)
    except InputError as error:
        st.session_state[PROBLEM] = str(error)
    return None


def problem() -> None:
    """Show the refusal of the last click, once."""
    if said := st.session_state.pop(PROBLEM, None):
        st.error(said)


def steering(run: Run) -> None:
    """The row of buttons of one run."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-steering"):
        if run.live:
            st.button("Stop", icon=":material/stop:", key="run-stop", on_click=attempt, args=(jobs.stop, run.id))
        elif run.state in ("stopped", "interrupted"):
            st.button(
                "Resume", icon=":material/play_arrow:", key="run-resume", type="primary", on_click=attempt, args=(jobs.resume, run.id)
            )
        elif run.state == "failed" and st.button("Try again", icon=":material/replay:", key="run-again", type="primary"):
            _again(run)
        if run.kind == "pretrain" and run.state == "finished":
            chosen = {"source": recipe_name(run.spec, run.id)}
            st.page_link("pages/finetune.py", label="Fine-tune from this source", icon=":material/school:", query_params=chosen)
        form, choices = recipes.link_page(run.spec), recipes.link(run.spec, run.parent)
        st.page_link(form, label="Change and run", icon=":material/tune:", query_params=choices)
        st.page_link("pages/compare.py", label="Compare", icon=":material/compare_arrows:", query_params={"runs": run.id})
        if not run.live:
            _deleting(run)
    problem()


def _again(run: Run) -> None:
    fresh = attempt(jobs.submit, run.spec)
    if fresh is not None:
        st.switch_page("pages/runs.py", query_params={"run": fresh.id})


def _deleting(run: Run) -> None:
    box = st.popover("Delete", icon=":material/delete:", key="run-delete", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(f"Run {run.number} goes for good, with its curves and its weights.")
        orphans([run])
        if st.button(f"Delete run {run.number}", key="run-delete-sure", type="primary"):
            attempt(remove, run.id)
            if PROBLEM not in st.session_state:
                st.switch_page("pages/runs.py")


def orphans(sources: Iterable[Run]) -> None:
    """Say which runs came from each source that is about to go."""
    for source in sources:
        children = frame.store().children(source.id)
        if children:
            names = ", ".join(str(child.number) for child in children[:NAMED]) + (" and more" if len(children) > NAMED else "")
            came = f"{'Run' if len(children) == 1 else 'Runs'} {names} came from source {source.number}."
            st.markdown(f"{came} What they measured stays.")


def remove(run_id: str) -> None:
    """Delete a run, and a source even when others came from it: the visitor has been told."""
    jobs.delete(run_id, force=True)
