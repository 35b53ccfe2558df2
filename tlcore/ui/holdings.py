"""The shelf of sources: a card for each, what it is worth, where it comes from, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tlcore import jobs, ready
from tlcore.engine.exchange import BROUGHT, CAME
from tlcore.objectives import OBJECTIVES
from tlcore.store import Run
from tlcore.ui import cards, frame, hand, passage, steering, words
from tlcore.ui.sources import moving
from tlcore.ui.units import joined

SHOWN = 24  # cards at once: who has more searches
COLUMNS = 2
SEARCH = "sources-search"


def holdings() -> None:
    """The search, the way in, the cards."""
    hand.problem()
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        wanted = st.text_input("Search", key=SEARCH, placeholder="a name, a data set, an objective, a run's number")
    with right:
        told = passage.way_in()
    if not told:
        passage.arrived()
    every = frame.store().finished_sources()
    found = [run for run in every if _answers(run, wanted)]
    if not every:
        cards.empty("There is no source here yet.", "Pretrain one", "pages/pretrain.py", "sources-none")
    elif not found:
        st.markdown("No source is like that. Search for something else, or leave the field empty to see all of them.")
    _cards(found[:SHOWN])
    if len(found) > SHOWN:
        st.markdown(f"These are the newest {SHOWN} of {len(found)}: search to find the others.")
    _put_back(every)


def _answers(run: Run, wanted: str) -> bool:
    """Whether each word that is searched for stands somewhere in what the card says."""
    said = " ".join((run.name or "", run.title, f"run {run.number}", origin(run).split(",")[0], OBJECTIVES[run.objective].title)).lower()
    return all(word in said for word in wanted.lower().split())


def _cards(found: Sequence[Run]) -> None:
    for start in range(0, len(found), COLUMNS):
        for column, run in zip(st.columns(COLUMNS, gap="medium"), found[start : start + COLUMNS], strict=False):
            with column.container(border=True, height="stretch", key=f"source-{run.id}"):
                _card(run)


def _card(run: Run) -> None:
    st.markdown(f"**{words.literal(run.name) if run.name else words.made(run.spec)}** &ensp;{_badge(run)}")
    st.markdown("  \n".join(joined(line) for line in worth(run)))
    st.caption(" · ".join(facts(run)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"source-ways-{run.id}"):
        st.page_link("pages/finetune.py", label="Use it", icon=":material/tune:", query_params=moving(run))
        st.page_link("pages/runs.py", label=f"Run {run.number}", icon=":material/show_chart:", query_params={"run": run.id})
        passage.way_out(run)
        if hand.may_steer(run.id):
            _more(run)


def worth(run: Run) -> list[str]:
    """What it scored on its own task, and what its encoder was worth on the target that it was tried on."""
    result = run.result or {}
    name, unit = OBJECTIVES[run.objective].facts["loss"]
    if run.accuracy is not None:
        own = f"Own task: {words.percent(run.accuracy)} of test images named rightly"
    elif "pretext_accuracy" in result:
        own = f"Own task: {words.percent(result['pretext_accuracy'])} told rightly"
    else:
        own = "Own task: not measured" if run.loss is None else f"Own task: {name} {run.loss:.3g} {unit}"
    found = result.get("probe")
    tried = (
        f"On {found['dataset']}: {words.percent(found['linear'])} named rightly by a linear probe of it"
        if found
        else "Not tried on a target"
    )
    return [words.spoken(own, run.dataset), tried]


def facts(run: Run) -> list[str]:
    """What it is and where it comes from, in a few words each."""
    spec = run.spec
    return [OBJECTIVES[spec.objective].title.lower(), spec.backbone, f"seed {spec.seed}", origin(run)]


def origin(run: Run) -> str:
    """Who made it, and when."""
    note = run.note or ""
    if note.startswith((CAME, BROUGHT)):
        return note.split(";")[0]
    what = "trained here" if run.asked or not run.study else "trained for a study"
    return joined(f"{what}, {words.when(run.created)}")


def _badge(run: Run) -> str:
    note = run.note or ""
    if note.startswith(CAME):
        return ":blue-badge[:material/inventory_2: Ready]"
    return ":violet-badge[:material/download: Imported]" if note.startswith(BROUGHT) else ":green-badge[:material/check: Made here]"


def _more(run: Run) -> None:
    """What changes the shelf: a name, and the end."""
    box = st.popover("More", icon=":material/more_horiz:", key=f"more-{run.id}", on_change="rerun")
    if not box.open:
        return
    with box:
        name = st.text_input("What do you call it?", run.name or "", max_chars=60, key=f"name-{run.id}", placeholder=words.made(run.spec))
        if st.button("Call it that", key=f"rename-{run.id}", type="primary"):
            hand.attempt(jobs.rename, run.id, name, hand.token(run.id))
            st.rerun()
        st.divider()
        st.markdown(f"If it is deleted, run {run.number} goes for good, with its curves and its weights. Export it first to keep it.")
        steering.orphans([run])
        if st.button("Delete it", key=f"delete-{run.id}", icon=":material/delete:"):
            hand.attempt(steering.remove, run.id)
            st.rerun()


def _put_back(every: Sequence[Run]) -> None:
    """The way back for what came with the lab and was deleted; hosted, nobody's to decide."""
    there = {run.key for run in every}
    if jobs.hosted() or all(ready.recipe(name).key in there for name in ready.RECIPES):
        return
    st.button("Put back what comes with the lab", icon=":material/inventory_2:", key="sources-back", on_click=_stock)


def _stock() -> None:
    before = len(frame.store().finished_sources())
    hand.attempt(jobs.stock, True)
    if hand.PROBLEM not in st.session_state and len(frame.store().finished_sources()) == before:
        hand.tell("Those that are missing were made with other versions than the ones installed here: pretrain them instead.")
