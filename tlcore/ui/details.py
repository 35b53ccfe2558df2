"""Everything about a run that another person needs to repeat it, and what its worker wrote."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.ui import frame, words
from tlcore.ui.settings import changed, settings, text
from tlcore.ui.tables import download

LOG_LINES = 20


def details_view(run: Run) -> None:
    """Settings, code, times and versions, files, log."""
    rows = [{"setting": name, "value": value} for name, value in settings(run.spec).items()]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Settings**")
        _table(rows, "The settings of the run.")
        download(rows, f"run-{run.number}-settings", key="run-settings")
    with right:
        st.markdown("**Times and versions**")
        _table([{"fact": name, "value": value} for name, value in facts(run).items()], "Times and versions of the run.")
        st.markdown("**Fingerprint of the settings** (same settings, same answer)")
        st.code(run.key, language=None, wrap_lines=True)
    with st.expander("The same run in Python", key="run-code", on_change="rerun") as box:
        if box.open:
            st.code(code(run.spec), language="python")
    if run.state != "failed":  # then they stand above already
        log_view(run)


def log_view(run: Run) -> None:
    """The last lines that the worker wrote."""
    with st.expander("Last lines of the log", key="run-log", on_change="rerun") as box:
        if box.open:
            text = frame.store().log(run.id, lines=LOG_LINES)
            if text:
                st.code(text, language=None)
            else:
                st.markdown("The log is empty.")


def facts(run: Run) -> dict[str, str]:
    """When, how long, with what."""
    result = run.result or {}
    trainable = result.get("parameters", {}).get("trainable")
    return {
        "Asked for": _moment(run.created),
        "Started": _moment(run.started),
        "Ended": _moment(run.finished),
        "Took": words.seconds(run.seconds),
        "Attempts": str(run.attempt),
        "Trainable parameters": "–" if trainable is None else f"{trainable:,}",
        **({"L2-SP penalty at the end (not in the loss)": f"{result['penalty']:.4g}"} if "penalty" in result else {}),
        "Threads": text(result.get("threads", "–")),
        **{name: str(version) for name, version in result.get("versions", {}).items()},
    }


def code(spec: RunSpec) -> str:
    """Python that asks for the same run, after its source and the teacher of that."""
    return "\n".join(["import tlcore", "", *_lines(spec, "run")])


def _lines(spec: RunSpec, name: str) -> list[str]:
    source = words.role(spec) if spec.source is not None else None
    before = _lines(spec.source, source) if spec.source is not None and source is not None else []
    given = f"source={source}, " if source or spec.kind == "finetune" else ""
    return [*before, f"{name} = tlcore.{spec.kind}({given}{_keywords(spec)})"]


def _keywords(spec: RunSpec) -> str:
    """The keywords that differ from what would be taken without them; the data set, the seed and the strategy always."""
    always: dict[str, Any] = {"dataset": spec.dataset, "seed": spec.seed}
    if spec.kind == "finetune":
        always["strategy"] = spec.strategy
    return ", ".join(f"{name}={value!r}" for name, value in (always | changed(spec)).items())


def _table(rows: list[dict[str, str]], alt: str) -> None:
    st.table(rows, border="horizontal", hide_header=True, hide_index=True, alt=alt)


def _moment(moment: Any) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
