"""All comparisons of a study in one table, and what its curves say about time: the measures of transfer in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tlcore.science.sentence import p_value
from tlcore.science.statistics import FEWEST
from tlcore.store import StudyRecord
from tlcore.ui import words
from tlcore.ui.standing import against
from tlcore.ui.tables import download

HEAD = ("Comparison", "Points", "95 % interval", "p (Holm)", "p (signs)", "Effect gz", "Seeds above", "Verdict")
MEANING = (
    "p (Holm) is that of a paired t test, raised because several comparisons are looked at together; equivalent means that two one-sided "
    "tests (TOST) put the difference within a point. p (signs) needs no bell curve: it asks how often chance alone would give such signs, "
    "and with five seeds it cannot be below 0.0625. Effect gz: the mean difference over the spread of the differences, corrected for few "
    "seeds. Helps and harms are said of what is named first."
)


def comparisons(record: StudyRecord) -> None:
    """The table of contrasts, then the gains over time; each with its file."""
    summary = record.summary or {}
    found = summary.get("contrasts")
    if not found:
        kept = "This answer keeps no comparisons: it was measured before there were any. Measure more seeds, and they come."
        st.markdown(kept if record.state == "finished" else "All comparisons stand here when the study is complete.")
        return
    rows = [line(record.question, each) for each in found]
    body = ["| " + " | ".join(row) + " |" for row in rows]
    st.markdown("\n".join(["| " + " | ".join(HEAD) + " |", "|:--|--:|--:|--:|--:|--:|--:|:--|", *body]))
    st.markdown(
        f":small[{MEANING}]" + (" :small[Intervals, p values and verdicts come from five seeds on.]" if found[0]["n"] < FEWEST else "")
    )
    download(found, f"study-{record.number}-comparisons", key="study-contrasts-file")
    if summary.get("gains"):
        _gains(record, summary["gains"], found[0])


def line(question: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """One comparison as the cells of its line."""
    few = found["n"] < FEWEST
    interval = "–" if found.get("low") is None else f"{signed(100 * found['low'])} to {signed(100 * found['high'])}"
    effect = "–" if found.get("gz") is None else signed(found["gz"])
    word = "–" if few else str(found["label"])
    return (
        against(question, found),
        signed(100 * found["mean"]),
        interval,
        p_value(None if few else found.get("p")),
        p_value(None if few else found.get("sign_flip")),
        effect,
        f"{found['positive']} of {found['n']}",
        word,
    )


def signed(value: float) -> str:
    """A number with its sign, where it has one.

    >>> signed(1.26), signed(-0.04), signed(-3)
    ('+1.3', '0.0', '−3.0')
    """
    text = f"{value:+.1f}"
    return "0.0" if not float(text) else text.replace("-", "−")


def _gains(record: StudyRecord, gains: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    said = words.lower(against(record.question, first))
    st.markdown(f"**On the way: {said}**, mean validation accuracy over the examples seen")
    rows = measures(gains)
    st.markdown("\n".join(["| What | How much | Which means |", "|:--|--:|:--|", *(f"| {' | '.join(row)} |" for row in rows)]))
    table = [{"measure": name, "value": value} for name, value in gains.items()]
    download(table, f"study-{record.number}-gains", key="study-gains-file")


def measures(gains: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The measures of transfer (Taylor & Stone 2009): what, how much, and what that means."""
    start, end, ratio = gains["jumpstart"], gains["asymptotic_gain"], gains.get("transfer_ratio")
    rows = [
        ("At the start", words.points(start), "before the first step; a new head at random gives about zero"),
        ("At the end", words.points(end), "over the last tenth of the training"),
    ]
    if ratio is not None:
        rows.append(("All the way", f"{100 * ratio:+.0f} %".replace("-", "−"), "area under the curve, against that from scratch"))
    return [*rows, ("To where scratch ends", *_time(gains))]


def _time(gains: Mapping[str, Any]) -> tuple[str, str]:
    """How much earlier the accuracy is reached that scratch has in the end."""
    mine, base, level = gains.get("time_to_threshold"), gains.get("time_to_threshold_scratch"), words.percent(gains.get("threshold"))
    if mine is None:
        return "–", f"{level} is not reached within this budget"
    against = "" if base is None else f", from scratch after {base:,.0f}"
    faster = f"{base / mine:.1f} times as fast" if base and mine else "at once" if not mine else "–"
    return faster, f"{level} is reached after {mine:,.0f} examples{against}"
