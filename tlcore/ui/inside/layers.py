"""What the layers of a net see: the filters of the first one, and what each block makes of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.store import Run
from tlcore.ui import frame, words
from tlcore.ui.chart import theme
from tlcore.ui.inside.opened import Look, drawn
from tlcore.ui.picker import pick
from tlcore.ui.picture import show_grid, show_sheet

if TYPE_CHECKING:
    import numpy as np

CHANNELS = 16  # of each block that are shown
COLOURS = ("red", "green", "blue")
FILTERS = (
    "A filter looks at 3 x 3 pixels at a time. Where the image is bright under teal and dark under brown it answers; "
    "the same strength is the same colour in all of them."
)


def layers(look: Look) -> None:
    """Filters of the first layer, and the maps of a chosen image block by block."""
    _filters(look)
    st.markdown("**What does each block make of an image?**")
    _maps(look, _picked(look))


def _filters(look: Look) -> None:
    """The kernels of the first convolution, those of its source above them."""
    kernel = _kernel(look.net.weights)
    if kernel is None:
        return
    st.markdown(f"**What does the first layer look for?** {FILTERS}")
    source = _kernel(_source(look.run))
    if source is not None and source.shape == kernel.shape:
        most = float(max(abs(source).max(), abs(kernel).max()))
        st.markdown("As its source left them")
        _kernels(source, most, "inside-filters-source")
        st.markdown("As they are now" if (source != kernel).any() else "As they are now: the same, for the first block was frozen")
        _kernels(kernel, most, "inside-filters")
    else:
        _kernels(kernel, float(abs(kernel).max()), "inside-filters")


def _kernels(kernel: np.ndarray, most: float, key: str) -> None:
    """Filters as pictures, (3, 3, channels, filters): of colour images a row a channel."""
    import numpy as np

    from tlcore.charts import grid, samples

    channels, count = kernel.shape[2:]
    pictures = grid.signed(kernel.transpose(2, 3, 0, 1), theme(), most)  # (channels, filters, 3, 3, red green blue)
    alt = f"{words.count(count, 'filter')} of 3 x 3 weights: teal above zero, brown below."
    if channels == 1:
        show_sheet(samples.figure(pictures[0], size=44, columns=16, rows=True), alt, key=key)
        return
    half = -(-count // 2)
    rows = [pictures[:, :half], pictures[:, half:]] if count % 2 == 0 else [pictures]
    parts = [f"{half * part + 1} to {min(count, half * (part + 1))}" for part in range(len(rows))] if len(rows) > 1 else ["all"]
    names = [f"{name}, {part}" for part in parts for name in COLOURS[:channels]]
    show_grid(grid.figure(np.concatenate(rows), names, size=44), alt, key=key)


def _kernel(found: Any) -> np.ndarray | None:
    kernel = (found or {}).get("block1/conv/kernel")
    return kernel if kernel is not None and kernel.ndim == 4 else None


def _source(run: Run) -> dict[str, Any] | None:
    """The weights that the run began with, if its source is still there."""
    other = frame.store().run(run.parent) if run.parent else None
    return None if other is None or other.state != "finished" else _weights(other.id, other)


@st.cache_resource(max_entries=12, show_spinner=False)
def _weights(run_id: str, _run: Run) -> dict[str, Any] | None:
    from tlcore.engine.recorder import WEIGHTS

    return frame.store().load_arrays(run_id, WEIGHTS)


def _picked(look: Look) -> int:
    places = look.offered()
    chosen = pick(look.images[places], look.names(places), f"inside-image-{look.run.id}", "Which image?")
    return places[chosen or 0]


def _maps(look: Look, place: int) -> None:
    """The first channels after each block, and the embedding as bars of grey."""
    alt = f"What each of {len(look.net.names)} blocks makes of the image, {CHANNELS} channels of each."
    show_grid(drawn(f"{look.name}-maps-{place}", lambda: _rows(look, place)), alt, key="inside-maps")
    st.markdown(
        f":small[A row a block, {CHANNELS} channels of each: black is no answer, white the strongest of the row. The embedding has no place "
        "any more: its 64 numbers stand four in a square.]"
    )


def _rows(look: Look, place: int) -> str:
    import numpy as np

    from tlcore.charts import grid

    side = max(look.run.spec.image[:2])
    rows = []
    for made in look.net.after(look.images[[place]]):
        maps = made[0].transpose(2, 0, 1) if made.ndim == 4 else made[0].reshape(-1, 2, 2)
        rows.append(grid.grey(maps[:CHANNELS], side))
    names = [f"{place} {title}" for place, (title, _) in enumerate(look.run.spec.blocks, start=1)]
    return grid.figure(np.stack(rows), names, size=54)
