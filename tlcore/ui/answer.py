"""What a study found: the card with the measured difference, and the tabs with what lies behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.store import MemberRecord, StudyRecord
from tlcore.studies import Study
from tlcore.ui import pace, steering, words
from tlcore.ui.chart import Figure, chart, kept, theme
from tlcore.ui.result import cells, confusion_view, moved_view
from tlcore.ui.tables import download

TABS = ("Accuracy", "Confusion", "What stayed frozen", "Runs")
MORE = {1: 3, 2: 3, 3: 5, 4: 5, 5: 10}  # seeds -> the next sensible number


def card(record: StudyRecord, members: list[MemberRecord]) -> None:
    """The verdict while it is being measured, and when it is; in the same place."""
    wide = record.question == "freezing"
    with st.container(border=True, key="verdict"):
        left, right = st.columns([2.0, 1.0] if wide else [1.15, 1.0], gap="large", vertical_alignment="center")
        picture, text = (left, right) if wide else (right, left)
        with text:
            _words(record, members)
        with picture:
            (_freezing if wide else _difference)(record, members)


def _words(record: StudyRecord, members: list[MemberRecord]) -> None:
    summary = record.summary or {}
    if record.state == "finished" and summary:
        st.subheader(str(summary.get("label", "Measured")), anchor=False)
        st.markdown(str(summary["sentence"]))
    else:
        st.subheader("Measuring" if record.live else "Not complete", anchor=False)
        st.markdown(
            f"{record.done} of {record.total} runs are measured. "
            + ("The answer stands here when all are." if record.live else "No answer is drawn from a part.")
        )
    st.markdown(f":small[{small_print(record, members)}]")
    if record.state == "finished":
        _more(record)


def small_print(record: StudyRecord, members: Iterable[MemberRecord]) -> str:
    """Seeds, labels, budget, source and controls, on one line."""
    members = list(members)
    seeds = len({member.seed for member in members})
    spec = members[0].run.spec
    source = next((member.run.spec.source for member in members if member.run.spec.source), None)
    made = "one source model for all" if record.settings.get("fix_source") else "a source of its own for each seed"
    parts = [words.count(seeds, "seed"), f"{words.labels(spec.labels_per_class)} of {spec.dataset}", words.count(spec.epochs, "epoch")]
    parts += [f"source {words.source(source)}, {made}"] if source else []
    return " · ".join([*parts, "the same labels and net in every arm"])


def _more(record: StudyRecord) -> None:
    """The one thing to do next: more seeds, which keep the runs that are there."""
    seeds = int(record.settings.get("seeds", 3))
    wanted = MORE.get(seeds)
    if wanted is None:
        return
    plain = {"study": record.question, **record.settings}
    label = f"Measure {words.count(wanted - seeds, 'more seed')}, {pace.of_more(json.dumps(plain), wanted)}"
    if st.button(label, key="study-more", help="The runs above are kept; only the new seeds are trained."):
        fresh = steering.attempt(lambda: jobs.submit_study(Study.from_plain({**plain, "seeds": wanted})))
        if fresh is not None:
            st.query_params["study"] = fresh.id
        st.rerun()


def _rows(members: Iterable[MemberRecord]) -> list[dict[str, Any]]:
    return [
        {"arm": member.arm, "frozen": member.frozen, "seed": member.seed, "accuracy": member.run.accuracy}
        for member in members
        if member.run.accuracy is not None
    ]


def _difference(record: StudyRecord, members: list[MemberRecord]) -> None:
    """Each seed's difference to training from scratch, around zero."""
    from tlcore.charts import verdict

    found = (record.summary or {}).get("difference") or {}
    arm, against = found.get("arm", "lp_ft"), found.get("against", "scratch")
    interval = (found["low"], found["high"]) if found.get("low") is not None else None

    def draw(theme: str) -> Figure:
        return verdict.figure(verdict.table(_rows(members), arm, against, interval), theme)

    said = f"{words.arm(arm)} against {words.arm(against).lower()}"
    st.markdown(f"**{said}**")
    chart(_drawn(record, draw), key="study-difference", alt=f"{said}: difference in accuracy, one point a seed.")


def _freezing(record: StudyRecord, members: list[MemberRecord]) -> None:
    """Accuracy against frozen blocks."""
    from tlcore.charts import freezing

    majority = next((member.run.result["majority"] for member in members if member.run.result), None)

    def draw(theme: str) -> Figure:
        table = freezing.table(_rows(members), record.summary)
        return freezing.figure(table, theme, members[0].run.spec.blocks, majority)

    alt = "Test accuracy against the number of frozen blocks, one point a seed, and from scratch beside it."
    chart(_drawn(record, draw), key="study-freezing", alt=alt)


def _drawn(record: StudyRecord, draw: Callable[[str], Figure]) -> Figure:
    """The figure of a study, kept once the study has its answer."""
    final = record.state == "finished" and record.summary is not None
    return kept(f"{record.id}-{record.done}", draw) if final else draw(theme())


def tabs(record: StudyRecord, members: list[MemberRecord]) -> None:
    """Behind the answer; only the open tab is drawn."""
    views = (_accuracy, _confusion, _stayed, _runs)
    for tab, view in zip(st.tabs(TABS, key="behind", on_change="rerun"), views, strict=True):
        if tab.open:
            with tab:
                view(record, members)


def _accuracy(record: StudyRecord, members: list[MemberRecord]) -> None:
    """A line an arm, a column a seed, and the mean; every number leads to its run."""
    st.markdown(table(members))
    download(_rows(members), f"study-{record.number}", key="study-file")


def table(members: Iterable[MemberRecord]) -> str:
    """Accuracies as a Markdown table."""
    arms: dict[tuple[str, int | None], dict[int, MemberRecord]] = {}
    for member in members:
        arms.setdefault((member.arm, member.frozen), {})[member.seed] = member
    seeds = sorted({seed for each in arms.values() for seed in each})
    head = ["Test accuracy", *(f"seed {seed}" for seed in seeds), "mean"]
    lines = ["| " + " | ".join(head) + " |", "|:--|" + "--:|" * (len(seeds) + 1)]
    for (arm, frozen), each in arms.items():
        values = [member.run.accuracy for member in each.values() if member.run.accuracy is not None]
        mean = f"**{words.percent(sum(values) / len(values))}**" if len(values) == len(seeds) else ""
        lines.append(f"| {words.arm(arm, frozen)} | " + " | ".join([*(_cell(each.get(seed)) for seed in seeds), mean]) + " |")
    return "\n".join(lines)


def _cell(member: MemberRecord | None) -> str:
    if member is None or member.run.accuracy is None:
        return "…" if member is not None and member.run.live else "–"
    return f"[{words.percent(member.run.accuracy)}](runs?run={member.run.id})"


def _confusion(record: StudyRecord, members: list[MemberRecord]) -> None:
    """One matrix an arm, the seeds added up."""
    st.markdown("What was taken for what: the test images of all seeds added up, each arm for itself.")
    done = _by_arm(members)
    if not done:
        st.markdown("The first matrix appears when the first run has finished.")
    inside = cells() if done else "count"
    columns = st.columns(2, gap="large") * (len(done) // 2 + 1)
    for column, (name, runs) in zip(columns, done.items(), strict=False):
        results = [member.run.result for member in runs if member.run.result]
        added = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*(each["confusion"] for each in results), strict=True)]
        with column:
            st.markdown(f"**{name}**")
            key = f"study-{runs[0].arm}-{runs[0].frozen}"
            confusion_view({"confusion": added, "classes": results[0]["classes"]}, key, inside, f"{record.id}-{key}-{len(results)}")


def _stayed(record: StudyRecord, members: list[MemberRecord]) -> None:
    """After training, every variable was compared with its start, bit for bit."""
    done = _by_arm(members)
    if not done:
        st.markdown("After each run, every variable is compared with its start; the first comparison comes with the first finished run.")
    for name, runs in done.items():
        st.markdown(f"**{name}**")
        moved_view(runs[0].run.spec, runs[0].run.result or {}, key=f"study-{runs[0].arm}-{runs[0].frozen}")


def _by_arm(members: Iterable[MemberRecord]) -> dict[str, list[MemberRecord]]:
    found: dict[str, list[MemberRecord]] = {}
    for member in members:
        if member.run.result:
            found.setdefault(words.arm(member.arm, member.frozen), []).append(member)
    return found


def _runs(record: StudyRecord, members: list[MemberRecord]) -> None:
    """All runs of the study as links."""
    for run in [*jobs.store().sources(record.id), *(member.run for member in members)]:
        amount = words.percent(run.accuracy) if run.accuracy is not None else run.state
        st.page_link("pages/runs.py", label=f"Run {run.number}: {words.title(run.spec)} ({amount})", query_params={"run": run.id})
