"""The axes of a latent space: a slider each, and what every one of them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tlcore.ui.inside.opened import Look, drawn
from tlcore.ui.picker import pick
from tlcore.ui.picture import show_grid, show_sheet

if TYPE_CHECKING:
    import numpy as np

MOST = 8  # sliders
REACH = 3.0  # of the prior's spreads, to either side: 99.7 % of it
TRIED = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
STEP = 0.1


def axes(look: Look) -> None:
    """Sliders along the axes that say most, the image redrawn at each move, and below what each axis does by itself."""
    import numpy as np

    from tlcore.charts import samples
    from tlcore.science.pixels import shown

    told = _told(look)
    order = np.argsort(-told, kind="stable")[:MOST].tolist()
    st.markdown(_sentence(told))
    beside, sliders = st.columns([1, 1.35], gap="large")
    with beside:
        start, code = _start(look)
        place = st.container()
    with sliders:
        code = _turned(code, order, told, f"{look.run.id}-{start}")
    image = shown(look.net.draw(code[None]))
    with place:
        show_sheet(samples.figure(image, size=200), "The image that is drawn from where the sliders stand.", key="inside-turned")
    st.markdown("**What does each axis do?** From where the sliders stand, one axis at a time.")
    _grid(look, code, order)


def _told(look: Look) -> np.ndarray:
    from tlcore.science.latent import divergences

    return divergences(*look.clouds)


def _sentence(told: np.ndarray) -> str:
    """How many axes say something.

    >>> import numpy as np
    >>> _sentence(np.array([2.0, 0.0]))
    '1 of 2 axes says something of an image (more than 0.05 nats); moving the others changes next to nothing.'
    """
    from tlcore.science.latent import SILENT

    some = int((told > SILENT).sum())
    if some == 0:
        return "No axis says anything: the clouds of all images are the same. A smaller beta or a longer warm-up lets them speak."
    if some == len(told):
        shown = f" The {MOST} that say most have a slider." if some > MOST else ""
        return f"All {some} axes say something of an image.{shown}"
    verb = "says" if some == 1 else "say"
    return f"{some} of {len(told)} axes {verb} something of an image (more than {SILENT} nats); moving the others changes next to nothing."


def _start(look: Look) -> tuple[str, np.ndarray]:
    """Where the sliders begin, and its code: the middle of the prior, or an image."""
    import numpy as np

    from tlcore.science.pixels import shown

    how = {"middle": "the middle of all", "image": "an image"}
    chosen = st.segmented_control("Begin at", list(how), format_func=how.get, default="middle", required=True, key="inside-begin")
    if chosen != "image":
        return "middle", np.zeros(look.codes.shape[1], "float32")
    places = look.offered()
    images = shown(look.net.prepare(look.images[places]))
    place = places[pick(images, look.names(places), f"inside-begin-{look.run.id}", "Which image?") or 0]
    return str(place), look.codes[place].copy()


def _turned(code: np.ndarray, order: list[int], told: np.ndarray, key: str) -> np.ndarray:
    """The code with the axes that have a slider as the visitor turned them; what is not turned stays as it was."""
    turned = code.copy()
    for column, some in zip(st.columns(2, gap="medium"), (order[: MOST // 2], order[MOST // 2 :]), strict=True):
        with column:
            for axis in some:
                first = round(min(REACH, max(-REACH, float(code[axis]))) / STEP) * STEP
                label = f"Axis {axis + 1} · {told[axis]:.2g} nats"
                value = st.slider(label, -REACH, REACH, first, STEP, format="%.1f", key=f"inside-axis-{key}-{axis}")
                turned[axis] = value if value != first else code[axis]
    return turned


def _grid(look: Look, code: np.ndarray, order: list[int]) -> None:
    import numpy as np

    from tlcore.charts import grid
    from tlcore.science.latent import along
    from tlcore.science.pixels import shown

    def tried() -> str:
        values = np.array(TRIED, "float32")
        images = shown(look.net.draw(np.concatenate([along(code, axis, values) for axis in order])))
        cells = images.reshape(len(order), len(values), *images.shape[1:])
        return grid.figure(cells, [f"Axis {axis + 1}" for axis in order], [f"{value:g}".replace("-", "−") for value in TRIED], 76)

    alt = f"A row an axis, {len(order)} axes; from left to right its value goes from −3 to 3 and the image changes."
    show_grid(drawn(f"{look.name}-axes-{code.tobytes().hex()}", tried), alt, key="inside-axes")
