"""What came of a run that names no classes of its data: its measures on test images, each with what it would be by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.datasets import DATASETS
from tlcore.store import Run
from tlcore.ui import words

EDGE = 5  # classes shown at each end where there are many
MEANING = {  # measure -> what it is called, whether it is a share, what it means
    "pretext_accuracy": ("Turns told rightly", True, "guessing gets 25 %"),
    "alignment": ("Distance of two views of an image", False, "0 if they are the same to the net, 2 if it sees nothing in common"),
    "uniformity": ("Crowding of different images", False, "0 if all are the same to the net; the lower, the further apart"),
    "likelihood": ("Negative log-likelihood, nats", False, "how unlikely the image is, drawn from its cloud"),
    "divergence": ("KL divergence, nats", False, "how much the cloud says of its image; 0 says nothing"),
    "retrieval": ("Nearest caption is true", True, "of the captions of about 128 images"),
    "agreement": ("Says the same as its teacher", True, "of the class; its teacher may be wrong too"),
    "retrieval_chance": ("The same by chance", True, "for a caption drawn among them"),
}


def measures(run: Run) -> None:
    """The measures as a table, and one row a question where it answers several."""
    result = run.result or {}
    known = {name: meaning for name, meaning in MEANING.items() if name in result}
    rows: list[tuple[str, ...]] = numbers(run.spec.dataset, result)
    rows += [(title, words.percent(result[name]) if share else f"{result[name]:.3g}", told) for name, (title, share, told) in known.items()]
    rows = [tuple(words.spoken(each, run.dataset) for each in row) for row in rows]
    if rows:
        _table((f"On test {words.kind(run.spec.dataset)}s", "", ""), rows)
    if turned := turns(result):
        st.markdown("**Whose way up does it find, and whose not?**")
        _table(("Class", "Turns told rightly"), turned)
        st.caption(
            "Guessing gets 25 %. A class that looks the same when it is turned, and is told all the same, is told by something else than its "
            "shape: where it lies in its frame is enough."
        )
    if asked := questions(run.spec.dataset, result):
        st.markdown("**What does it know of an image?**")
        _table(("", "Named rightly", "by guessing", "by the nearest word"), asked)


def numbers(dataset: str, result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """How far off the told numbers are, beside what needs no net."""
    if "rmse" not in result:
        return []
    unit = DATASETS[dataset].facts["values"].unit
    return [
        ("Root mean squared error", f"{result['rmse']:.3g} {unit}", "how far off a number is, large errors counting more"),
        ("The same of always saying the mean", f"{result['baseline_rmse']:.3g} {unit}", "the mean of what was learned from"),
        ("R²", f"{result['r2']:.2f}".replace("-", "−"), "share of the differences that is told; the mean tells 0"),
    ]


def probe(result: Mapping[str, Any]) -> str:
    """What the encoder was worth on the target that it was tried on, in one sentence."""
    found = result.get("probe")
    if not found:
        return ""
    seen = words.examples(found["images"], found["dataset"], "validation")
    return (
        f"**{words.percent(found['linear'])}** of {seen} of {found['dataset']} named rightly by a linear "
        f"probe of its embedding, {words.percent(found['knn'])} by the nearest neighbours, from {words.labels(found['labels_per_class'])}."
    )


def turns(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The classes whose turns are told best and worst; all of them where they are few.

    >>> turns({"classes": ["a", "o"], "turned_by_class": [0.9, 0.25]})
    [('a', '90.0 %'), ('o', '25.0 %')]
    """
    shares = result.get("turned_by_class") or ()
    known = [(share, name) for name, share in zip(result.get("classes") or (), shares, strict=False) if share is not None]
    ranked = sorted(known, key=lambda each: -each[0])
    shown = ranked if len(ranked) <= 2 * EDGE else [*ranked[:EDGE], *ranked[-EDGE:]]
    return [(words.literal(name), words.percent(share)) for share, name in shown]


def questions(dataset: str, result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A row a question: how many were answered rightly, how many by guessing, and how many by the word that is nearest."""
    found: list[tuple[str, ...]] = []
    for name, values in DATASETS[dataset].facts.get("factors", {}).items():
        right, near = result.get(f"{name}_accuracy"), result.get(f"{name}_zero_shot")
        if right is not None or near is not None:
            found.append((name.capitalize(), words.percent(right), words.percent(1 / len(values)), words.percent(near)))
    return found


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    kept = [place for place in range(len(head)) if place == 0 or any(row[place] != "–" for row in rows)]
    lines = [" | ".join(row[place] for place in kept) for row in (head, *rows)]
    ruler = " | ".join(":--" if place == 0 or not head[place] else "--:" for place in kept)
    st.markdown("\n".join(f"| {line} |" for line in (lines[0], ruler, *lines[1:])))
