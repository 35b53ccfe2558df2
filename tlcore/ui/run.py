"""One run on the screen: what it is, where it is, its strip and curves, what can be done with it, what came of it.

Everything keeps its place from the first glance to the last: while a run waits, trains or is done, only words and
numbers change. What changes by itself lies in one timed fragment; buttons lie outside of it.
"""

from __future__ import annotations

import streamlit as st

from tlcore.spec import RunSpec, trained
from tlcore.store import Run
from tlcore.ui import forms, frame, progress, steering, words
from tlcore.ui.details import log_view
from tlcore.ui.result import result_view
from tlcore.ui.shelf import prepared
from tlcore.ui.tables import badge

PULSE = 1.0  # seconds between two looks at a live run
CURVES = {"accuracy": "Accuracy", "loss": "Loss"}
WHICH = "Which curve?"


def run_view(run: Run | None, spec: RunSpec | None = None) -> None:
    """The panel of one run; without one, that of the run which ``spec`` would be: in place, and empty."""
    if run is None:
        assert spec is not None
        _before(spec)
        return
    _heading(run)
    steering.steering(run)
    _live(run)
    _metric(run.spec)
    if run.state == "failed":
        log_view(run)
    result_view(run)


def _before(spec: RunSpec) -> None:
    st.subheader(words.title(spec), anchor=False)
    st.markdown("It was measured before: open the result." if frame.store().finished([spec.key]) else "Not started yet.")
    _numbers((*progress.no_numbers(spec), *_size(spec)))
    _pictures(spec, [], "new", None)
    _metric(spec)


def _heading(run: Run) -> None:
    st.subheader(words.title(run.spec), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-line"):
        st.markdown(f"{badge(run.state)} &ensp;Run {run.number}, {words.when(run.created)}", width="content")
        parent = frame.store().run(run.parent) if run.parent else None
        if parent is not None:
            st.page_link("pages/runs.py", label=f"Its source: run {parent.number}", query_params={"run": parent.id})


def _metric(spec: RunSpec) -> None:
    """Which curve is shown; only a run that names classes has the choice. It stands below the curve, outside of what moves."""
    if spec.objective == "supervised":
        forms.choice(WHICH, CURVES, key="curve", default="accuracy", widget="segments")


def _live(run: Run) -> None:
    """What moves; the timer is gone once the run has ended, after one last drawing of the whole page."""

    @frame.moving(PULSE if run.live else None, key="run-live")
    def moving() -> None:
        now = frame.store().run(run.id) if run.live else run
        if now is None or now.state != run.state:
            st.rerun(scope="app")
            return
        rows = progress.history(now)
        st.markdown(progress.sentence(now, rows))
        _numbers((*progress.numbers(now, rows), *_size(now.spec)))
        _pictures(now.spec, rows, now.id, now.epoch if now.live else None, now.state == "finished")

    moving()


def _size(spec: RunSpec) -> tuple[tuple[str, str], ...]:
    """How much of the net is trained, as soon as the number of classes is known."""
    data = prepared(spec.dataset, spec.settings("dataset"))
    if data is None or spec.objective != "supervised":
        return ()
    some, whole = trained(spec, len(data.classes))
    return (("Trained parameters", f"{some:,} of {whole:,}"),)


def _numbers(each: tuple[tuple[str, str], ...]) -> None:
    pairs = "".join(f"<div><span>{words.plain(label)}</span><b>{words.plain(value)}</b></div>" for label, value in each)
    st.html(f'<div class="tl-numbers">{pairs}</div>')


def _pictures(spec: RunSpec, rows: progress.Rows, name: str, epoch: int | None, final: bool = False) -> None:
    from tlcore.charts import colours, curves
    from tlcore.ui.live import live_chart
    from tlcore.ui.strip import strip

    strip(spec.blocks, spec.phases, spec.epochs, key="run-strip", epoch=epoch)
    metric = forms.chosen("curve", CURVES, "accuracy", WHICH) if spec.objective == "supervised" else "loss"
    role = colours.role("pretrain" if spec.kind == "pretrain" else spec.strategy)
    series = [curves.Series(_named(spec, role, rows), rows, role, spec.seed)] if rows else []
    alt = f"{CURVES[metric]} after each epoch, on training and validation images."
    if metric == "accuracy" and (kept := _watched(rows)):
        series.append(curves.Series("Source task", kept, "source", spec.seed))
        alt += " Beside it the accuracy of the source task with its own head."
    live_chart(series, f"run-curves-{name}", alt, metric, spec.epochs, same=name if final else "")


def _named(spec: RunSpec, role: str, rows: progress.Rows) -> str:
    """What the curve is called; a name only counts where there is a second curve."""
    from tlcore.charts import colours

    return words.arm(spec.strategy) if _watched(rows) else colours.ROLES[role].label


def _watched(rows: progress.Rows) -> progress.Rows:
    """The accuracy of the source task, where it was watched, as epochs of a curve of its own."""
    seen = [(row["epoch"], row.get("source_accuracy")) for row in rows]
    return [{"epoch": epoch, "val_accuracy": value} for epoch, value in seen if value is not None]
