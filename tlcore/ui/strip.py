"""The strip on a page: what a run will do, does, or did to each block."""

from __future__ import annotations

from collections.abc import Sequence

from tlcore.charts import strip as drawing
from tlcore.strategies import Phase
from tlcore.ui.picture import show_strip


def strip(
    blocks: Sequence[tuple[str, int]],
    phases: Sequence[Phase],
    epochs: int,
    key: str,
    epoch: int | None = None,
    moved: drawing.Moved | None = None,
    seal: bool | None = None,
    head: int = drawing.HEAD,
) -> None:
    """Draw the strip before (nothing more), during (``epoch``: how many are done) or after a run (``moved``, ``seal`` of its result)."""
    html = drawing.figure(blocks, phases, epochs, epoch, moved, seal, head)
    show_strip(html, drawing.words(blocks, phases, epochs), key)


def arms(blocks: Sequence[tuple[str, int]], each: Sequence[tuple[str, Phase]], key: str) -> None:
    """Draw the arms of a study below each other: (name, phase)."""
    show_strip(drawing.arms(blocks, each), drawing.arm_words(each), key)
