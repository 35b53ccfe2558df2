"""Previews: what an objective makes of the images of a data set before the net sees them, drawn once and kept as a small file.

The engine draws them, for they are made by the code that trains; the screen only reads the files.
"""

from __future__ import annotations

import json
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from tlcore import folder
from tlcore.datasets import Dataset, load
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.spec import RunSpec, digest

REQUEST = "preview"  # stands where the name of a data set does, among what the engine is asked to prepare
FOLDER = "previews"
SHOWN = 6  # images
KEPT = 300  # files; the oldest go
BROKE = "The views cannot be shown: the engine's log says why."


def names(spec: RunSpec) -> tuple[str, ...]:
    """What is made of each image, a name a view; none where the net sees the images as they are.

    >>> names(RunSpec.make("pretrain", objective="denoising"))
    ('with noise',)
    """
    return tuple(OBJECTIVES[spec.objective].facts.get("makes", ()))


def sample(spec: RunSpec) -> RunSpec:
    """A run with the same first batch, and all else as it usually is: runs that differ elsewhere share a preview."""
    first = ("dataset", "objective", "image", "labels_per_class", "batch_size", "seed")
    own = {**spec.settings("dataset"), **spec.settings("objective"), **{name: getattr(spec, name) for name in first}}
    return RunSpec.make("pretrain", **own)


def wish(spec: RunSpec) -> dict[str, Any]:
    """What the engine is asked for."""
    plain: dict[str, Any] = json.loads(sample(spec).to_json())
    return plain


def find(spec: RunSpec, data: Dataset) -> np.ndarray | None:
    """The preview of a run on these data, if it was drawn: uint8 (1 + views, n, h, w, c)."""
    try:
        found: np.ndarray = np.load(_place(spec, data), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.dtype == np.uint8 and found.ndim == 5 and len(found) == 1 + len(names(spec)) else None


def draw(spec: RunSpec) -> None:
    """Draw the preview of a run and keep it; the data set is prepared if it is not there."""
    from tlcore.training.preview import first

    data = load(spec.dataset, spec.settings("dataset"))
    rows = first(sample(spec), data, SHOWN)
    folder.write(_place(spec, data), lambda file: np.save(file, rows))
    _thin()


def work(plain: dict[str, Any], said: str, slots: int) -> None:
    """The life of a process that draws one preview. said: the file in which it says in one sentence what went wrong."""
    try:
        from tlcore.engine.worker import settle

        settle(slots)
        draw(RunSpec.from_plain(plain))
    except Exception as error:  # noqa: BLE001 - whatever it is, the page shows a sentence
        traceback.print_exc()
        Path(said).write_text(str(error) if isinstance(error, InputError) else BROKE, "utf-8")
        sys.exit(1)


def _place(spec: RunSpec, data: Dataset) -> Path:
    return folder.home() / FOLDER / f"{digest([sample(spec).key, data.id])}.npy"


def _thin() -> None:
    """Only the newest are kept."""
    files = sorted((folder.home() / FOLDER).glob("*.npy"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[KEPT:]:
        with suppress(OSError):
            path.unlink()
