"""Where images lie in the space of a net, on a plane: by principal directions at once, by t-SNE on demand; each point shows its image."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
from typing import Any

import streamlit as st

from tlcore.registry import InputError
from tlcore.ui import forms, words
from tlcore.ui.chart import kept
from tlcore.ui.inside.opened import Look
from tlcore.ui.inside.plane_script import HTML, SCRIPT, STYLE

WAYS = {"pca": "Principal directions", "tsne": "t-SNE (some seconds)"}
ACROSS = 25  # thumbnails in a row of the picture that hovering shows parts of
PATIENCE = 120  # seconds that another process may take
WARNING = "Do not read too much into it: {shadow}. Whether classes can be told apart is what a probe or a fine-tuned run measures."
SHADOW = {
    "pca": "the two directions show {share} of the spread, and points together here can be far apart in the others",
    "tsne": "t-SNE keeps neighbours together, but draws islands of any data, and sizes and gaps between islands mean nothing",
}

_map = st.components.v2.component("tlcore_map", html=HTML, css=STYLE, js=SCRIPT, isolate_styles=False)
_one = threading.Lock()  # one lays out at a time: whoever comes second waits


def plane(look: Look) -> None:
    """The map of some validation images, its legend, and what it does not prove."""
    many = len(look.data.classes) > _most()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="inside-map-line"):
        with st.container(width="content"):
            way = forms.choice("How is it laid out?", WAYS, key="layout", default="pca", widget="segments")
        chosen = _chosen(look) if many else None
    try:
        points, shares = _laid(look.name, way, look)
    except (InputError, OSError, subprocess.SubprocessError):
        st.warning("t-SNE could not be computed in time: here are the principal directions instead. Choose t-SNE again to try once more.")
        way, (points, shares) = "pca", _laid(look.name, "pca", look)
    drawn = _drawn(look, way, points, shares, chosen)
    what = "the middle of its cloud" if look.net.is_cloud else "its embedding"
    count = words.examples(len(points), look.run.dataset, "validation")
    st.markdown(
        f"{count} that the net never learned from, each where {what} lies. Point at one to see it; with the keyboard, use the arrow keys."
    )
    _map(data=_told(look, drawn, f"{count} on a plane, by {WAYS[way]}."), key="inside-map")
    st.markdown(f":small[{WARNING.format(shadow=SHADOW[way].format(share=words.percent(sum(shares))))}]")


def _most() -> int:
    from tlcore.charts.cloud import MOST

    return MOST


def _chosen(look: Look) -> list[int]:
    """Of many classes those that get a colour."""
    names = {str(label): str(name) for label, name in enumerate(look.data.classes)}
    picked = st.multiselect(
        "Colour which classes?", list(names), format_func=names.get, max_selections=_most(), key=f"inside-classes-{look.run.spec.dataset}",
        placeholder="None: all look alike", width=320,
    )  # fmt: skip
    return [int(label) for label in picked]


@st.cache_resource(max_entries=24, show_spinner="Laying out the images …")
def _laid(name: str, way: str, _look: Look) -> tuple[Any, tuple[float, float]]:
    """Points (n, 2), and the share of the spread that each direction shows; t-SNE has none."""
    from tlcore.science.plane import pca

    if way == "tsne" and len(_look.images) > 3:
        return elsewhere(_look.codes), (0.0, 0.0)
    return pca(_look.codes)


def elsewhere(values: Any) -> Any:
    """What t-SNE makes of values (n, d), computed by another process: scikit-learn never enters this one."""
    import numpy as np

    from tlcore.engine.local import environment

    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # threads that wait for each other beside a training take minutes
    sent, command = io.BytesIO(), [sys.executable, "-m", "tlcore.science.plane"]
    np.save(sent, values)
    with _one:
        done = subprocess.run(command, input=sent.getvalue(), capture_output=True, env=environment() | alone, timeout=PATIENCE, check=True)
    return np.load(io.BytesIO(done.stdout), allow_pickle=False)


def _drawn(look: Look, way: str, points: Any, shares: tuple[float, float], chosen: list[int] | None) -> dict[str, Any]:
    from tlcore.charts import cloud

    def draw(theme: str) -> dict[str, Any]:
        named = ("t-SNE across, no unit", "t-SNE up, no unit")
        if way == "pca":
            named = (f"Direction of largest spread, {words.percent(shares[0])} of it", f"Second largest, {words.percent(shares[1])}")
        return cloud.figure(cloud.table(points, look.labels, look.data.classes), theme, named, chosen)

    return kept(f"{look.name}-map-{way}-{chosen}", draw)


def _told(look: Look, figure: dict[str, Any], alt: str) -> str:
    """The figure and the thumbnails as JSON: text is handed on as it is, a dict would be searched for tables."""
    picture, down = _thumbnails(look.name, look)
    return json.dumps({"figure": figure, "alt": alt, "picture": picture, "across": ACROSS, "down": down})


@st.cache_resource(max_entries=12, show_spinner=False)
def _thumbnails(name: str, _look: Look) -> tuple[str, int]:
    from tlcore.charts import samples

    sheet = samples.sheet(_look.images, ACROSS, lossy=_look.images.shape[3] == 3)
    return base64.b64encode(sheet).decode(), -(-len(_look.images) // ACROSS)
