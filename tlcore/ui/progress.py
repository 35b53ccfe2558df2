"""Where a run is, in words and three numbers; and the epochs that have come so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore import jobs
from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES
from tlcore.spec import Place, RunSpec, course
from tlcore.ui import fetching, frame, words
from tlcore.ui.units import joined

if TYPE_CHECKING:
    from tlcore.store import Run

KEPT = 12  # histories held in a visitor's session
Rows = list[dict[str, Any]]


def history(run: Run) -> Rows:
    """The epochs of a run. A visitor's session remembers those it has seen, so that a look reads only what is new."""
    kept: dict[str, tuple[bool, Rows]] = st.session_state.setdefault("histories", {})
    whole, rows = kept.pop(run.id, (False, []))
    if not whole and (not rows or run.epoch > rows[-1]["epoch"]):
        rows = rows + frame.store().epochs(run.id, after=rows[-1]["epoch"] if rows else -1)
    kept[run.id] = (run.state == "finished", rows)
    for oldest in list(kept)[:-KEPT]:
        del kept[oldest]
    return rows


def sentence(run: Run, rows: Rows) -> str:
    """One or two sentences: where the run is, or what came of it."""
    said = {
        "queued": _queued,
        "running": _running,
        "finished": _finished,
        "stopped": _stopped,
        "failed": _failed,
        "interrupted": _interrupted,
    }[run.state](run, rows)
    note = f" {_sentence(run.note)}" if run.note and run.state in ("running", "finished") else ""
    return joined(said + note)


def _queued(run: Run, rows: Rows) -> str:
    if run.held:
        return _held(run, rows)
    engine = jobs.engine_state()
    if engine["state"] != "ready":
        return _sentence(engine["message"])
    parent = frame.store().run(run.parent) if run.parent else None
    if parent is not None and parent.state == "running":
        return f"First its {words.role(run.spec)} is trained: epoch {parent.epoch} of {parent.epochs}."
    place = frame.store().queue_place(run.id) or 1
    if place > 1:
        return f"Waiting: {words.count(place - 1, 'run')} before this one."
    busy = [each for each in frame.store().runs(limit=2, state="running") if not each.held]
    return f"Next in line: run {busy[0].number} is training. When that one is paused or ends, this one begins." if busy else "Next in line."


def _running(run: Run, rows: Rows) -> str:
    if not rows:
        return fetching.sentence(run.dataset) or "Getting its data and its net ready."
    if run.epoch >= run.epochs:
        return words.spoken("Trained; now the test images are opened.", run.dataset)
    if run.held:
        return _held(run, rows)
    if run.forked and run.epoch == run.forked_at:
        return f"From the nearest state that was kept it is trained again up to epoch {run.epoch}, where it was forked."
    ways = run.spec.course
    slowly = f" {run.speed:g} epoch{'s' if run.speed != 1 else ''} a second at most." if run.speed else ""
    now = ways[course.at(ways, Place(run.epoch))]
    rate = f", at a learning rate of {now.learning_rate:g}" if now.learning_rate != run.spec.learning_rate else ""
    return f"Training: {now.phase.title}{rate}.{slowly}"


def _held(run: Run, rows: Rows) -> str:
    if run.forked and run.epoch == run.forked_at:
        return f"A fork, on hold: it stands where its parent was after epoch {run.epoch}. Change something, then press Play."
    return f"On hold after epoch {run.epoch} of {run.epochs}. Play lets it go on, Step trains one epoch; what is changed counts from here."


def _finished(run: Run, rows: Rows) -> str:
    result = run.result or {}
    quick = f" Done in {words.seconds(run.seconds)}." if run.seconds is not None and run.seconds < 1 else ""
    if run.accuracy is None:
        return _unnamed(run, result) + quick
    images = (
        words.examples(result["test_size"], run.dataset, "test") if "test_size" in result else words.spoken("the test images", run.dataset)
    )
    guess = f" Always naming the commonest class gets {words.percent(result['majority'])}." if "majority" in result else ""
    return f"**{words.percent(run.accuracy)}** of {images} named rightly, none of them seen before.{guess}{_agreed(result)}{quick}"


def _agreed(result: Mapping[str, Any]) -> str:
    return f" Its teacher says the same of {words.percent(result['agreement'])}." if "agreement" in result else ""


def _unnamed(run: Run, result: Mapping[str, Any]) -> str:
    """What came of a run that names no classes."""
    what, unit = OBJECTIVES[run.spec.objective].facts["loss"]
    if "rmse" in result:
        known = DATASETS[run.dataset].facts["values"]
        off = f"**{result['rmse']:.3g} {known.unit}**"
        mean = f"always saying the mean is {result['baseline_rmse']:.3g} off"
        rows = words.examples(result["test_size"], run.dataset, "test")
        return f"The {known.name} of {rows} told to within {off} (RMSE); {mean}; R² {result['r2']:.2f}.".replace("-", "−")
    if result.get("baseline_loss") is not None:
        mean = _error(result["baseline_loss"])
        worse = ", so it does worse than that" if (run.loss or 0.0) > result["baseline_loss"] else ""
        said = f"Test images redrawn with a {what} of {_error(run.loss)} {unit}; always drawing the mean image has {mean}{worse}."
        return words.spoken(said, run.dataset)
    if "pretext_accuracy" in result:
        right = words.percent(result["pretext_accuracy"])
        return f"It said rightly of **{right}** of the test images, each turned four ways, how far they were turned; guessing gets 25 %."
    said = f"The {what} of test images is {_error(run.loss)} {unit}: it says nothing of other tasks yet, so move it to one."
    return words.spoken(said, run.dataset)


def _stopped(run: Run, rows: Rows) -> str:
    if run.error:
        return _sentence(run.error)
    if not rows:
        return "Stopped before its first epoch. Resume starts it."
    return f"Stopped after epoch {run.epoch} of {run.epochs}. Its curves are kept, and it can go on from there."


def _failed(run: Run, rows: Rows) -> str:
    return _sentence(run.error or "It failed without saying why: the log below has its last lines")


def _interrupted(run: Run, rows: Rows) -> str:
    cause = run.error or run.note
    return (
        _sentence(cause)
        if cause
        else f"Interrupted after epoch {run.epoch} of {run.epochs}. Its last checkpoint is kept: resume goes on from there."
    )


def numbers(run: Run, rows: Rows) -> tuple[tuple[str, str], ...]:
    """Accuracy or error, epoch, and time, each as (label, value)."""
    return _quality(run, rows), ("Epoch", f"{run.epoch} of {run.epochs}"), _time(run, rows)


def no_numbers(spec: RunSpec) -> tuple[tuple[str, str], ...]:
    """The same three before anything runs."""
    return (f"Validation {_noun(spec)}", "–"), ("Epoch", f"0 of {spec.epochs}"), ("Time", "–")


def _quality(run: Run, rows: Rows) -> tuple[str, str]:
    noun = _noun(run.spec)
    if run.state == "finished" and run.result and "rmse" in run.result:
        return "Test error (RMSE)", f"{run.result['rmse']:.3g} {DATASETS[run.dataset].facts['values'].unit}"
    if run.state == "finished":
        return f"Test {noun}", words.percent(run.accuracy) if run.accuracy is not None else _error(run.loss)
    last = rows[-1] if rows else {}
    value = words.percent(last.get("val_accuracy")) if noun == "accuracy" else _error(last.get("val_loss"))
    return f"Validation {noun}", value


def _time(run: Run, rows: Rows) -> tuple[str, str]:
    if not run.live:
        return "Training took", words.seconds(run.seconds)
    if run.held:
        return "Time left", "on hold"
    each = [row["seconds"] for row in rows[-5:] if row.get("seconds")]
    if not each:
        return "Time left", "–"
    left = max(sum(each) / len(each), 1 / run.speed if run.speed else 0.0) * (run.epochs - run.epoch)
    return "Time left", words.about(left) if run.epoch < run.epochs else "almost done"


def _noun(spec: RunSpec) -> str:
    if OBJECTIVES[spec.objective].facts.get("names"):
        return "accuracy"
    return "error" if "error" in OBJECTIVES[spec.objective].facts["loss"][0] else "loss"


def _error(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."
