"""Drawing from codes that belong to no image: from points of the prior, and from the way between two images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tlcore.ui.inside.opened import Look, drawn
from tlcore.ui.picker import pick
from tlcore.ui.picture import show_sheet

if TYPE_CHECKING:
    import numpy as np

DRAWN = 36
STEPS = 11
CLOUD = (
    "To a VAE an image is not one point but a cloud: a middle and a spread on each of **{latent} axes**. Training keeps all clouds near one "
    "round cloud about zero. So a point drawn from that round cloud can be drawn as an image, though no image ever was there."
)
WAY = {
    True: "Each step is drawn from a point on the straight line between the middles of two clouds.",
    False: "Each step is drawn from a point on the straight line between two embeddings. Nothing was ever trained between them: "
    "where the drawing falls apart, no image of the training lay near. A VAE is trained to fill these gaps.",
}


def draw(look: Look) -> None:
    """Images drawn from the prior, new ones at each press of a button."""
    from tlcore.charts import samples
    from tlcore.science.pixels import shown

    st.markdown(CLOUD.format(latent=look.codes.shape[1]))
    seed = int(st.session_state.get("inside-seed", 0))

    def sheet() -> str:
        return samples.figure(shown(look.net.draw(prior(look, seed))), size=68, columns=12, rows=True)

    show_sheet(drawn(f"{look.name}-prior-{seed}", sheet), f"{DRAWN} images drawn from random points.", key="inside-drawn")
    with st.container(horizontal=True, vertical_alignment="center", key="inside-draw-line"):
        st.button("Draw others", key="inside-more", icon=":material/casino:", on_click=_next, args=("inside-seed",))
        st.markdown(
            f":small[Drawn with seed {seed}. The decoder shows the mean of each pixel, so what it is unsure of is grey.]", width="content"
        )


def prior(look: Look, seed: int) -> np.ndarray:
    """Points drawn from the round cloud about zero, (n, latent)."""
    import numpy as np

    return np.random.default_rng(seed).standard_normal((DRAWN, look.codes.shape[1])).astype("float32")


def walk(look: Look) -> None:
    """From one image to another in eleven steps."""
    import numpy as np

    from tlcore.charts import samples
    from tlcore.science.latent import between
    from tlcore.science.pixels import shown

    st.markdown(WAY[look.net.is_cloud])
    offer = int(st.session_state.get("inside-offer", 0))
    places = look.offered(offer)
    left, right = st.columns(2, gap="large")
    with left:
        first = _picked(look, places, "From which image?", f"inside-from-{look.run.id}-{offer}", 0)
    with right:
        second = _picked(look, places, "To which image?", f"inside-to-{look.run.id}-{offer}", len(places) // 2)

    def strip() -> str:
        codes = between(look.codes[first], look.codes[second], STEPS)
        ends = shown(look.net.prepare(look.images[[first, second]]))
        images = np.concatenate([ends[:1], shown(look.net.draw(codes)), ends[1:]])
        return samples.figure(images, ["as it is", *[""] * STEPS, "as it is"], size=60, columns=STEPS + 2)

    from_, to = look.names([first, second])
    alt = f"The way from {from_} to {to} in {STEPS} drawn steps, between the two images as they are."
    st.markdown(f"**From {from_} to {to}**")
    show_sheet(drawn(f"{look.name}-walk-{first}-{second}", strip), alt, key="inside-strip")
    st.button("Offer other images", key="inside-others", icon=":material/shuffle:", on_click=_next, args=("inside-offer",))


def _picked(look: Look, places: list[int], label: str, key: str, default: int) -> int:
    """The place of the image that is picked among those offered."""
    from tlcore.science.pixels import shown

    st.markdown(f"**{label}**")
    images = shown(look.net.prepare(look.images[places]))
    chosen = pick(images, look.names(places), key, label, min(default, len(places) - 1))
    return places[chosen or 0]


def _next(key: str) -> None:
    st.session_state[key] = int(st.session_state.get(key, 0)) + 1
