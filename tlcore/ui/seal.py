"""The seal: block by block, what was to stay frozen, what moved, how far, and how hard the gradients pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.strategies import Branch, Only, Phase
from tlcore.ui import frame, words
from tlcore.ui.tables import download

STATES = {
    "frozen": "stayed, to the last bit",
    "moved": "moved",
    "beside": "stayed",  # what is trained stands beside it: the next column says so
    "statistics": "only BatchNorm's statistics moved",
    "broken": "moved, though it was to stay",
}
HEAD = ("Part", "State", "Trained", "Drift", "of statistics", "Gradient, first", "last")
STEPS = 4  # phases that the strip draws one by one
MEANING = (
    "Drift is the length of the change over the length of the start, for the head none, which starts anew; statistics are BatchNorm's "
    "running means and variances. Gradient is the mean norm over the steps of the first and of the last epoch."
)


def moved_view(run: Run, key: str) -> None:
    """Which parts of the net differ from their start, and whether what was promised to stay did."""
    from tlcore.ui.strip import strip

    result, spec = run.result or {}, run.spec
    moved = result["moved"]
    plan = () if spec.changes or len(spec.phases) > STEPS else spec.phases  # else the timeline above the curve says what learned when
    strip(spec.blocks, plan, spec.epochs, key=f"{key}-moved", moved=moved, seal=_sealed(result))
    st.markdown(seal(result))
    if said := for_a_while(spec, result):
        st.markdown(said)
    rows = parts(spec, result, frame.store().gradients(run.id))
    if rows:
        body = ["| " + " | ".join(_cells(row)) + " |" for row in rows]
        st.markdown("\n".join(["| " + " | ".join(HEAD) + " |", "|:--|:--|:--|" + "--:|" * 4, *body]))
        st.markdown(f":small[{MEANING}]")
        download(rows, f"{key}-parts", key=f"{key}-parts-file")
    if result.get("best_epoch") is not None:
        st.markdown(f"It ended as it was after epoch {result['best_epoch']}, where its validation loss was lowest.")
    variables = [{"variable": path, "moved": "moved" if changed else "stayed"} for path, changed in moved.items()]
    with st.expander(f"All {len(variables)} variables", key=f"{key}-variables", on_change="rerun") as box:
        if box.open:
            st.table(variables, border="horizontal", alt="Each variable of the net, and whether it moved.")
            download(variables, f"{key}-variables", key=f"{key}-variables-file")


def _sealed(result: Mapping[str, Any]) -> bool | None:
    """Whether what was to stay frozen has stayed; None where nothing was."""
    return None if result.get("seal") and not result.get("promised", True) else result.get("seal")


def seal(result: Mapping[str, Any]) -> str:
    """What the audit found, in one sentence."""
    moved = result["moved"]
    stayed = sum(not changed for changed in moved.values())
    if not result.get("seal"):
        return "Something moved that was to stay frozen: this run does not count."
    if not stayed:
        return f"Nothing was to stay frozen, and all {len(moved)} variables moved."
    return f"{stayed} of {len(moved)} variables are the same to the last bit as before the run, among them all that were to stay frozen."


def for_a_while(spec: RunSpec, result: Mapping[str, Any]) -> str:
    """Which parts were frozen in a part of the run alone: each was compared when it melted, and at the end."""
    ways = spec.course
    names = [*(f"block {place}" for place in range(1, len(spec.blocks) + 1)), "the head"]
    said = []
    for place, name in enumerate(names):
        frozen = [way for way in ways if not (*way.phase.factors, way.phase.head)[place]]
        if frozen and len(frozen) < len(ways):
            said.append(name)
    if not said or not result.get("seal"):
        return ""
    return f"Frozen for a part of the run: {', '.join(said)}. Compared bit by bit when that part was over: what was to stay had stayed."


def parts(spec: RunSpec, result: Mapping[str, Any], gradients: Sequence[Sequence[float | None]]) -> list[dict[str, Any]]:
    """A row a block, the head last; nothing of a run from before blocks were kept."""
    found, sizes = result.get("blocks") or [], result.get("parameters", {})
    counts = [*sizes.get("blocks", ()), sizes.get("head")]
    return [
        {
            "part": _name(spec, place, str(each["name"])),
            "state": each["state"],
            "trained": trained(spec, place),
            "drift": each.get("drift"),
            "statistics": each.get("statistics"),
            "gradient_first": _at(gradients[:1], place),
            "gradient_last": _at(gradients[-1:], place),
            "parameters": counts[place] if place < len(counts) else None,
        }
        for place, each in enumerate(found)
    ]


def _name(spec: RunSpec, place: int, name: str) -> str:
    return f"{place + 1}: {spec.blocks[place][0]}" if place < len(spec.blocks) else name


def trained(spec: RunSpec, place: int) -> str:
    """What of a part the strategy trains in any of its phases."""
    said = {_share(stretch.phase, place) for stretch in spec.course} - {""}
    return ", ".join(sorted(said)) or "no"


def _share(phase: Phase, place: int) -> str:
    """What of a part a phase trains, or nothing."""
    if not (*phase.factors, phase.head)[place]:
        return ""
    if place >= len(phase.factors):
        return "all"
    if only := phase.find(Only):
        return {"bias": "biases", "norm": "normalization"}.get(only.what, only.what)
    return "layers beside it" if phase.find(Branch) else "all"


def _at(epochs: Sequence[Sequence[float | None]], place: int) -> float | None:
    return epochs[0][place] if epochs and place < len(epochs[0]) else None


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    drifts = ["–" if row[name] is None else f"{words.three(100 * row[name])} %" for name in ("drift", "statistics")]
    norms = ["–" if not row[name] else f"{row[name]:.2g}" for name in ("gradient_first", "gradient_last")]
    colour = {"frozen": "blue", "beside": "blue", "broken": "red"}.get(row["state"], "orange")
    return (row["part"], f":{colour}[{STATES.get(row['state'], row['state'])}]", row["trained"], *drifts, *norms)
