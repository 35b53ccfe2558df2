"""Whether transfer helped, beside one fine-tuning: the same labels, steps and net from scratch, measured at a click."""

from __future__ import annotations

import streamlit as st

from tlcore import jobs
from tlcore.spec import BUDGET, RunSpec
from tlcore.store import Run
from tlcore.studies import arm_spec
from tlcore.ui import frame, hand, pace, words

ONCE = "One run of each draws no verdict: [Effect of freezing](freezing) repeats such a comparison over seeds."


def scratch(spec: RunSpec) -> RunSpec:
    """The run without its source: the same labels, order, epochs and rates."""
    assert spec.source is not None
    given = {name: getattr(spec, name) for name in BUDGET if name not in ("seed", "watch_source")}
    given |= {name: getattr(spec, name) for name in ("dataset", "labels_per_class", "objective", "schedule")}
    return arm_spec(spec.source, spec.seed, True, "scratch", given | spec.settings("dataset") | spec.settings("schedule"))


def beside(run: Run) -> None:
    """The difference to training from scratch, or the button that measures it."""
    if run.spec.source is None or run.accuracy is None or run.kind != "finetune":
        return
    asked = scratch(run.spec)
    found = frame.store().answer_of(asked.key)
    if found is None:
        label = f"Measure from scratch beside it, {pace.of_run(asked)}"
        st.button(label, key="run-beside", on_click=hand.attempt, args=(jobs.submit, asked, hand.starter()))
        return

    if not found.live:
        st.markdown(sentence(run.accuracy, found))
        return

    @frame.moving(1.0, key="run-beside-view")
    def view() -> None:
        now = frame.store().answer_of(asked.key)
        if now is not None and not now.live:
            st.rerun(scope="app")
        st.markdown(sentence(run.accuracy, now))

    view()


def sentence(reached: float | None, other: Run | None) -> str:
    """What came of both."""
    if other is None or reached is None:
        return "The run from scratch was deleted."
    if other.accuracy is None:
        return f"[Run {other.number}](runs?run={other.id}) measures the same from scratch: epoch {other.epoch} of {other.epochs}."
    worth = words.points(reached - other.accuracy)
    return (
        f"**From scratch**, with the same labels and epochs: {words.percent(other.accuracy)} ([run {other.number}](runs?run={other.id})). "
        f"So the source was worth **{worth}** here. {ONCE}"
    )
