"""The archive: the list of all runs or studies, what can be done with those that are ticked, and one run by its link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.datasets import DATASETS
from tlcore.store import Run
from tlcore.ui import cards, forms, frame, hand, steering, words
from tlcore.ui.listing import Row, listing, ticked
from tlcore.ui.run import run_view
from tlcore.ui.tables import STATES, download, plain, plain_studies, run_row, study_row

PAGE = 50
PULSE = 2.0  # seconds between two looks at a list in which something moves
ANY = "any"
STUDIES = 3  # newest of those that a run belongs to


def one_run(run_id: str) -> None:
    """The run of a link, or one sentence when there is none."""
    run = frame.store().run(run_id)
    with st.container(horizontal=True, gap="medium", key="run-ways"):
        st.page_link("pages/runs.py", label="All runs", icon=":material/arrow_back:", query_params={})
        for study in frame.store().studies_of(run_id)[:STUDIES]:
            page, query = study_row(study).place
            st.page_link(page, label=f"Study {study.number}: {words.question(study.question)}", icon=":material/hub:", query_params=query)
    if run is None:
        st.warning("There is no run with this link here: it was deleted, or the link is not whole.")
        return
    run_view(run)


def archive() -> None:
    """The list with its filters."""
    hand.problem()
    shown = forms.choice("What to list?", {"runs": "Runs", "studies": "Studies"}, key="list", default="runs", widget="segments")
    if shown == "studies":
        _studies()
    else:
        _runs()


def _runs() -> None:
    wanted = _filters()
    before = _number(st.query_params.get("before"))

    def read() -> list[Run]:
        return frame.store().runs(limit=PAGE, before=before, **wanted)

    runs = read()
    if not runs:
        _none(bool(any(wanted.values()) or before))
        return
    _actions([run for run in runs if run.id in ticked("runs-list")])
    _list(lambda: [run_row(run) for run in read()], any(run.live for run in runs), "runs-list")
    with st.container(horizontal=True, vertical_alignment="center", key="runs-foot"):
        download(plain(runs), "runs", key="runs-file")
        if len(runs) == PAGE:
            older = {"before": str(runs[-1].number), **{f"runs_{name}": value for name, value in wanted.items() if value}}
            st.page_link("pages/runs.py", label="Older runs", icon=":material/arrow_forward:", query_params=older)


def _filters() -> dict[str, str | None]:
    kinds = {ANY: "All", "pretrain": "Sources", "finetune": "Fine-tuned"}
    states = {ANY: "Any state"} | {state: word for state, (word, *_) in STATES.items()}
    sets = {ANY: "Any data"} | {name: name for name in DATASETS.names()}
    left, middle, right = st.columns([2, 1, 1], gap="medium", vertical_alignment="bottom")
    with left:
        kind = forms.choice("Which kind?", kinds, key="runs_kind", default=ANY, widget="segments")
    with middle:
        state = forms.choice("Which state?", states, key="runs_state", default=ANY)
    with right:
        dataset = forms.choice("Which data?", sets, key="runs_dataset", default=ANY)
    return {name: None if value == ANY else value for name, value in {"kind": kind, "state": state, "dataset": dataset}.items()}


def _list(read: Callable[[], Sequence[Row]], live: bool, key: str) -> None:
    """The list, which looks again by itself while something in it moves."""
    before = ticked(key)

    @frame.moving(PULSE if live else None, key=f"{key}-live")
    def moving() -> None:
        rows = read()
        picked = listing(rows, key=key, label="The newest first; each line leads to its own page.")
        if picked.opened:
            page, params = next(each for each in rows if each.id == picked.opened).place
            st.switch_page(page, query_params=params)
        if ticked(key) != before or _ended(rows, live, key):
            st.rerun(scope="app")

    moving()


def _ended(rows: Sequence[Row], live: bool, key: str) -> bool:
    """Whether what can be done has changed: nothing moves any more, or something that is ticked has begun or ended."""
    states = {each.id: each.word for each in rows if each.id in ticked(key)}
    before = st.session_state.get(f"{key}-states", states)
    st.session_state[f"{key}-states"] = states
    return (live and not any(each.live for each in rows)) or (states.keys() == before.keys() and states != before)


def _actions(runs: Sequence[Run]) -> None:
    """What can be done with the ticked runs; in place, and off, while none is."""
    live = [run.id for run in runs if run.live]
    still = [run for run in runs if not run.live]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-actions"):
        together = {"runs": ",".join(run.id for run in runs)}
        st.page_link("pages/compare.py", label="Compare", icon=":material/compare_arrows:", query_params=together, disabled=not runs)
        st.button("Stop", icon=":material/stop:", key="runs-stop", disabled=not live, on_click=_each, args=(_stop, live))
        with st.popover("Delete", icon=":material/delete:", key="runs-delete", disabled=not still):
            st.markdown(f"{words.count(len(still), 'run')} and all that they measured will be gone. This cannot be taken back.")
            steering.orphans(run for run in still if run.kind == "pretrain")
            st.button(
                "Delete them", key="runs-delete-sure", type="primary", on_click=_each, args=(steering.remove, [run.id for run in still])
            )
        st.markdown(f"{len(runs)} ticked" if runs else "Tick runs to compare, stop or delete them.", width="content")


def _stop(run_id: str) -> None:
    jobs.stop(run_id, hand.token(run_id))


def _stop_study(study_id: str) -> None:
    jobs.stop_study(study_id, hand.starter())


def _delete_study(study_id: str) -> None:
    jobs.delete_study(study_id, hand.starter())


def _each(action: Callable[[str], Any], ids: Sequence[str]) -> None:
    for each in ids:
        hand.attempt(action, each)


def _studies() -> None:
    studies = frame.store().studies(limit=PAGE)
    if not studies:
        _none(False)
        return
    mine = [study for study in studies if study.id in ticked("studies-list")]
    live = [study.id for study in mine if study.live]
    still = [study.id for study in mine if not study.live]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="studies-actions"):
        st.button("Stop", icon=":material/stop:", key="studies-stop", disabled=not live, on_click=_each, args=(_stop_study, live))
        with st.popover("Delete", icon=":material/delete:", key="studies-delete", disabled=not still):
            st.markdown("The question goes; runs that belong to no other study go with it.")
            st.button("Delete", key="studies-delete-sure", type="primary", on_click=_each, args=(_delete_study, still))
        st.markdown(f"{len(mine)} ticked" if mine else "Tick studies to stop or delete them.", width="content")

    def read() -> list[Row]:
        return [study_row(study) for study in frame.store().studies(limit=PAGE)]

    _list(read, any(study.live for study in studies), "studies-list")
    download(plain_studies(studies), "studies", key="studies-file")


def _none(filtered: bool) -> None:
    if filtered:
        st.markdown("No run is like that. Choose other filters, or see all of them.")
        st.page_link("pages/runs.py", label="All runs", query_params={f"runs_{name}": ANY for name in ("kind", "state", "dataset")})
    else:
        cards.nothing_yet(key="runs-none")


def _number(text: str | None) -> int | None:
    """A run's number from the address; anything else is no number."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
