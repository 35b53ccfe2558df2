"""What a study found: the card with the verdict, the difference it rests on, and the one thing to do next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.registry import InputError
from tlcore.store import MemberRecord, StudyRecord
from tlcore.ui import figures, forms, hand, pace, racing, words
from tlcore.ui.questions import PREFIXES
from tlcore.ui.standing import Standing, standing
from tlcore.ui.units import joined

STEPS = (5, 10, 20)  # seeds: from five on there is a verdict, and each step after it makes intervals a third narrower
MOST = 50  # seeds that a study may have
COLOURS = {"Helps": "green", "Harms": "red", "Inconclusive": "yellow"}  # the word comes first, the colour only helps


def card(record: StudyRecord, members: list[MemberRecord]) -> None:
    """The verdict while it is being measured, and when it is; in the same place."""
    runs, wide = standing(record, members), record.question != "arms"
    verdict, means, held = parts(record.summary or {})
    with st.container(border=True, key="verdict"):
        left, right = st.columns([1.9, 1.0] if wide else [1.15, 1.0], gap="large", vertical_alignment="top" if wide else "center")
        picture, text = (left, right) if wide else (right, left)
        with text:
            _words(record, runs, [verdict] if wide else [verdict, means], with_difference=wide)
            st.markdown(f":small[{small_print(record, members)}{f'. {held}' if held and not wide else ''}]")
            if record.state == "finished" and record.summary:
                _more(record)
        with picture:
            figures.main(record, runs)
        if record.question == "race":
            racing.standings(record)
        if wide and held:
            st.markdown(joined(means))
            st.markdown(f":small[{held}]")


def _words(record: StudyRecord, runs: list[Standing], said: list[str], with_difference: bool) -> None:
    summary = record.summary or {}
    if summary and (record.state == "finished" or summary.get("interim")):
        st.subheader(coloured(str(summary.get("label", "Measured"))), anchor=False)
        if with_difference and summary.get("difference"):
            figures.difference(record, runs)
        st.markdown(joined(" ".join(said)))
        if summary.get("label") == "Measured" and record.question != "race":  # whose sentence says it
            st.markdown("Fewer than five seeds: what was measured, and no verdict.")
        if summary.get("interim"):
            st.markdown(
                f"**For now:** {record.done} of {record.total} runs are measured; the controls, which transfer must beat, may change this."
            )
        return
    st.subheader("Measuring" if record.live else "Not complete", anchor=False)
    first = record.question == "freezing" and record.settings.get("controls")
    when = (
        "A first answer stands here when the depths and scratch are; then come the controls."
        if first
        else "The answer stands here when all are."
    )
    after = when if record.live else "No answer is drawn from a part."
    st.markdown(f"{record.done} of {record.total} runs are measured. {after}")


def coloured(label: str) -> str:
    """The word of the card in its colour."""
    return f":{COLOURS[label]}[{label}]" if label in COLOURS else label


def parts(summary: dict[str, Any]) -> tuple[str, str, str]:
    """What an answer says of the first comparison, of all means, and of the conditions that hold for both; an older one says it in one."""
    said = summary.get("said")
    if said is None:
        return str(summary.get("sentence", "")), "", ""
    return said["verdict"], said["means"], said["conditions"]


def small_print(record: StudyRecord, members: Iterable[MemberRecord]) -> str:
    """Seeds, labels, budget, source and controls, on one line."""
    members = list(members)
    seeds = len({member.seed for member in members})
    spec = members[0].run.spec
    source = next((member.run.spec.source for member in members if member.run.spec.source), None)
    amount = words.amount(record.settings)
    parts = [words.count(seeds, "seed"), f"{amount} of {spec.dataset}", words.count(spec.epochs, "epoch")]
    parts += [f"source {words.source(source)}, {_made(record)}"] if source else []
    slower = {member.run.spec.knobs.get("body_rate", 1.0) for member in members} - {1.0}
    parts += [f"transferred blocks learn at {forms.plain(max(slower))} times the rate of the head"] if slower else []
    return " · ".join([*parts, "the same labels and net in every arm"])


def _made(record: StudyRecord) -> str:
    return "one source model for all" if record.settings.get("fix_source") else "a source of its own for each seed"


def next_seeds(record: StudyRecord) -> int | None:
    """How many seeds would be worth measuring in all, or None where more would hardly tell more.

    Until five there is no verdict; an inconclusive one says itself how many are missing.
    """
    seeds, summary = int(record.settings.get("seeds", 1)), record.summary or {}
    if summary.get("label") != "Inconclusive":
        return next((step for step in STEPS if step > seeds), None)
    missing = (summary.get("verdict") or {}).get("more_seeds")
    wanted = min(MOST, seeds + missing) if missing else seeds
    return wanted if wanted > seeds else None


def _more(record: StudyRecord) -> None:
    """The one thing to do next: more seeds in place; the runs that are there stay."""
    seeds, wanted = int(record.settings.get("seeds", 1)), next_seeds(record)
    if wanted is None:
        if (record.summary or {}).get("label") == "Inconclusive":
            st.markdown(
                f"More than {MOST if seeds >= MOST else 200} seeds would be needed to tell, which is a difference that hardly matters."
            )
        return
    try:
        told = pace.of_more(json.dumps({"study": record.question, **record.settings}), wanted)
    except InputError:  # an answer of an older version, whose settings are no study any more
        return
    about = "about " if (record.summary or {}).get("label") == "Inconclusive" and wanted < MOST else ""
    label = f"Measure {about}{words.count(wanted - seeds, 'more seed')}, {told}"
    if st.button(label, key="study-more", help="The runs above stay; only the new seeds are trained, and the answer is drawn anew."):
        grown = hand.attempt(jobs.extend_study, record.id, hand.starter(), seeds=wanted)
        if grown is not None:
            st.query_params["study"] = grown.id
            if record.question in PREFIXES:  # the form asks for what is measured now
                st.query_params[f"{PREFIXES[record.question]}seeds"] = str(wanted)
        st.rerun()
