"""A run with those that parted from it, as one tree of curves; and how a new one parts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tlcore import jobs
from tlcore.charts import colours
from tlcore.charts.curves import Series
from tlcore.store import Run
from tlcore.ui import frame, hand, progress, words

SHOWN = 6  # relatives drawn beside a run, the newest


def fork(run_id: str, epoch: int) -> None:
    """Let a new run part from another one, and show it in its place."""
    made = hand.attempt(jobs.fork, run_id, epoch, hand.starter())
    if made is not None:
        hand.own(made)
        st.query_params["run"] = made.id


def series(run: Run, family: Sequence[Run], metric: str) -> tuple[list[Series], str]:
    """The curve of a run, that of its source task where it was watched, and those of its relatives; a name for exactly these once
    none of them can change any more."""
    rows, role = progress.history(run), colours.role("pretrain" if run.kind == "pretrain" else run.strategy)
    others = [_now(each) for each in family if each.id != run.id][-SHOWN:]
    watched = _watched(rows) if metric == "accuracy" else []
    alone = not watched and not others
    name = colours.ROLES[role].label if alone else f"Run {run.number}" if others else words.arm(run.strategy)
    found = [Series(name, rows, role, run.spec.seed)] if rows else []
    found += [Series("Source task", watched, "source", run.spec.seed)] if watched else []
    found += [_quiet(each, role) for each in others]
    still = run.state == "finished" and not any(each.live for each in others)
    return found, " ".join((run.id, *(f"{each.id}-{each.epoch}" for each in others))) if still else ""


def _now(other: Run) -> Run:
    """A relative as it stands now."""
    return (frame.store().run(other.id) or other) if other.live else other


def _quiet(other: Run, role: str) -> Series:
    """A relative, from where it parted: a fork from its own beginning, what nothing is forked from from the start."""
    begins = (other.forked_at or 0) if other.forked else 0
    return Series(f"Run {other.number}", progress.history(other), role, other.spec.seed, begins=begins, quiet=True)


def _watched(rows: progress.Rows) -> progress.Rows:
    """The accuracy of the source task, where it was watched, as epochs of a curve of its own."""
    seen = [(row["epoch"], row.get("source_accuracy")) for row in rows]
    return [{"epoch": epoch, "val_accuracy": value} for epoch, value in seen if value is not None]
