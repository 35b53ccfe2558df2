"""Everything about a run that another person needs to repeat it, and what its worker wrote."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.ui import frame, words
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


def settings(spec: RunSpec) -> dict[str, str]:
    """Every choice of a run under the label that its form gives it, as text."""
    from tlcore.spec import BUDGET, CATALOGUES

    chosen: dict[str, Any] = {
        "Kind": spec.kind,
        "Data": spec.dataset,
        "Labels per class": "all" if spec.labels_per_class is None else spec.labels_per_class,
        "Net": spec.backbone,
        "Objective": spec.objective,
        "Strategy": words.arm(spec.strategy),
        "Source": words.title(spec.source) if spec.source else "none",
        "Image": " x ".join(map(str, spec.image)),
    }
    chosen |= {knob.label: getattr(spec, name) for name, knob in BUDGET.items()}
    for catalogue in CATALOGUES:
        labels = {knob.name: knob.label for knob in CATALOGUES[catalogue][getattr(spec, catalogue)].knobs}
        chosen |= {labels[name]: value for name, value in spec.settings(catalogue).items()}
    return {name: _text(value) for name, value in chosen.items()}


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
        "Threads": _text(result.get("threads", "–")),
        **{name: str(version) for name, version in result.get("versions", {}).items()},
        "Key of the answer": run.key,
    }


def code(spec: RunSpec) -> str:
    """Python that asks for the same run."""
    lines = ["import tlcore", ""]
    source = spec.source if spec.kind == "finetune" else None
    if source is not None:
        lines += [f"source = tlcore.pretrain({_keywords(source)})"]
    if spec.kind == "pretrain":
        lines += [f"run = tlcore.pretrain({_keywords(spec)})"]
    else:
        lines += [f"run = tlcore.finetune(source={'source' if source else 'None'}, {_keywords(spec)})"]
    return "\n".join(lines)


def _keywords(spec: RunSpec) -> str:
    """The keywords that differ from what would be taken without them; the data set and the seed always."""
    strategy = {} if spec.kind == "pretrain" or spec.source is None else {"strategy": spec.strategy}
    always: dict[str, Any] = {"dataset": spec.dataset, "seed": spec.seed} | strategy
    if spec.kind == "finetune" and spec.source is None:
        always["strategy"] = "scratch"
    standard = RunSpec.make(spec.kind, source=spec.source, **always)
    named = ("objective", "backbone", "labels_per_class", "image", "epochs", "batch_size", "learning_rate")
    changed = {name: getattr(spec, name) for name in named if getattr(spec, name) != getattr(standard, name)}
    changed |= {name: value for name, value in spec.knobs.items() if standard.knobs.get(name) != value}
    return ", ".join(f"{name}={value!r}" for name, value in (always | changed).items())


def _table(rows: list[dict[str, str]], alt: str) -> None:
    st.table(rows, border="horizontal", hide_header=True, hide_index=True, alt=alt)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _moment(moment: Any) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
