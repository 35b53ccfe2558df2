"""What lies behind the answer of a study: every accuracy, the comparisons, the mistakes, what stayed frozen, and the runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.engine.answers import place
from tlcore.store import MemberRecord, Run, StudyRecord
from tlcore.ui import forms, words
from tlcore.ui.contrasts import comparisons
from tlcore.ui.result import cells, confusion_view
from tlcore.ui.seal import moved_view
from tlcore.ui.standing import Standing, by_labels, by_place, named, standing
from tlcore.ui.tables import download

TABS = ("Accuracy", "Comparisons", "Confusion", "What stayed frozen", "Runs")
FEW = 6  # places that are shown below each other; of more one is chosen


def tabs(record: StudyRecord, members: list[MemberRecord]) -> None:
    """Behind the answer; only the open tab is drawn."""
    views = (_accuracy, _comparisons, _confusion, _stayed, _runs)
    for tab, view in zip(st.tabs(TABS, key="behind", on_change="rerun"), views, strict=True):
        if tab.open:
            with tab:
                view(record, members)


def _accuracy(record: StudyRecord, members: list[MemberRecord]) -> None:
    """A line a place, a column a seed, and the mean; every number leads to its run."""
    runs = standing(record, members)
    st.markdown(table(record.question, runs))
    if record.settings.get("grid"):
        st.markdown(":small[Of the three learning rates of each place and seed, the one that was best on validation.]")
    download(rows(record.question, runs), f"study-{record.number}", key="study-file")


def rows(question: str, runs: Sequence[Standing]) -> list[dict[str, Any]]:
    """A row for each measured run, with what is needed to find it again."""
    return [
        {
            "place": named(question, each.arm, each.place),
            **{name: value for name, value in each.row.items() if name != "frozen"},
            "frozen": None if by_labels(question) else each.place,
            "dataset": each.run.dataset,
            "labels_per_class": each.run.spec.labels_per_class,
            "epochs": each.run.epochs,
            "learning_rate": each.run.spec.learning_rate,
            "run": each.run.number,
        }
        for each in runs
        if each.run.accuracy is not None
    ]


def table(question: str, runs: Sequence[Standing]) -> str:
    """Accuracies as a Markdown table."""
    seeds = sorted({each.seed for each in runs})
    head = ["Test accuracy", *(f"seed {seed}" for seed in seeds), "mean"]
    lines = ["| " + " | ".join(head) + " |", "|:--|" + "--:|" * (len(seeds) + 1)]
    for name, group in by_place(question, runs).items():
        each = {one.seed: one for one in group}
        values = [one.run.accuracy for one in group if one.run.accuracy is not None]
        mean = f"**{words.percent(sum(values) / len(values))}**" if len(values) == len(seeds) else ""
        lines.append(f"| {name} | " + " | ".join([*(_cell(each.get(seed)) for seed in seeds), mean]) + " |")
    return "\n".join(lines)


def _cell(each: Standing | None) -> str:
    if each is None or each.run.accuracy is None:
        return "…" if each is not None and each.run.live else "–"
    return f"[{words.percent(each.run.accuracy)}](runs?run={each.run.id})"


def _comparisons(record: StudyRecord, members: list[MemberRecord]) -> None:
    comparisons(record)


def _confusion(record: StudyRecord, members: list[MemberRecord]) -> None:
    """One matrix a place, the seeds added up."""
    st.markdown("What was taken for what: the test images of all seeds added up, each way of learning for itself.")
    done = _shown(record, members, "The first matrix appears when the first run has finished.")
    if not done:
        return
    inside = cells()
    columns = st.columns(2, gap="large") * (len(done) // 2 + 1)
    for column, (name, runs) in zip(columns, done.items(), strict=False):
        results = [each.run.result for each in runs if each.run.result]
        added = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*(each["confusion"] for each in results), strict=True)]
        with column:
            st.markdown(f"**{name}**")
            key = f"study-{runs[0].arm}-{runs[0].place}".replace(" ", "-")
            confusion_view({"confusion": added, "classes": results[0]["classes"]}, key, inside, f"{record.id}-{key}-{len(results)}")


def _stayed(record: StudyRecord, members: list[MemberRecord]) -> None:
    """After training, every variable was compared with its start, bit for bit."""
    later = "After each run, every variable is compared with its start; the first comparison comes with the first finished run."
    for name, runs in _shown(record, members, later).items():
        st.markdown(f"**{name}**, seed {runs[0].seed}")
        moved_view(runs[0].run, key=f"study-{runs[0].arm}-{runs[0].place}".replace(" ", "-"))


def _shown(record: StudyRecord, members: list[MemberRecord], later: str) -> dict[str, list[Standing]]:
    """The finished runs of each place; of many places the one that is chosen here."""
    done = by_place(record.question, [each for each in standing(record, members) if each.run.result])
    if not done:
        st.markdown(later)
    if len(done) <= FEW:
        return done
    first = next((number for number, runs in enumerate(done.values()) if runs[0].run.spec.source is not None), 0)
    name = str(st.selectbox("Which one?", list(done), first, key="behind-place"))
    return {name: done[name]}


def _runs(record: StudyRecord, members: list[MemberRecord]) -> None:
    """All runs of the study as links."""
    for run in jobs.store().sources(record.id):
        _link(run, words.title(run.spec))
    rated = bool(record.settings.get("grid"))
    for member in members:
        name = named(record.question, member.arm, place(record.question, member))
        rate = f", learning rate {forms.plain(member.run.spec.learning_rate)}" if rated else ""
        _link(member.run, f"{name}, seed {member.seed}, {words.count(member.run.epochs, 'epoch')}{rate}")


def _link(run: Run, name: str) -> None:
    amount = words.percent(run.accuracy) if run.accuracy is not None else run.state
    st.page_link("pages/runs.py", label=f"Run {run.number}: {name} ({amount})", query_params={"run": run.id})
