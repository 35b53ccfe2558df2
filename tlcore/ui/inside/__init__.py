"""Inside a trained net: what it draws, the ways through its codes, where images lie, what its layers see, how it reads words."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.store import Run
from tlcore.ui import forms, frame, words
from tlcore.ui.inside import axes, captions, drawing, layers, plane
from tlcore.ui.inside.opened import Look, look

View = Callable[[Look], None]

VIEWS: dict[str, tuple[str, View]] = {
    "draw": ("Draw from nothing", drawing.draw),
    "walk": ("Walk between two images", drawing.walk),
    "axes": ("Turn its axes", axes.axes),
    "words": ("Ask in words", captions.words),
    "map": ("Where images lie", plane.plane),
    "layers": ("What its layers see", layers.layers),
}
KEY = "inside"


def inside_view(run: Run) -> None:
    """What can be looked at in the net of a run, one thing at a time; or one sentence that says why there is nothing."""
    try:
        found = look(run)
    except InputError as refusal:
        st.markdown(str(refusal))
        return
    views = {name: VIEWS[name] for name in offered(run.spec.objective, run.dataset)}
    titles = {name: words.spoken(title, run.dataset) for name, (title, _) in views.items()}
    name = forms.choice("What do you want to look at?", titles, key=KEY, default=next(iter(titles)), widget="segments")
    frame.moving(None, key=f"inside-{name}")(lambda: views[name][1](found))()


def offered(objective: str, dataset: str) -> list[str]:
    """Names of what there is to see in a net of an objective; the columns of a table make no picture.

    >>> offered("vae", "mnist"), offered("masked", "mnist"), offered("simclr", "glyphs"), offered("vae", "wine")
    (['draw', 'walk', 'axes', 'map', 'layers'], ['walk', 'map', 'layers'], ['map', 'layers'], ['map'])
    """
    if words.kind(dataset) == "row":
        return ["map"]
    own = {"vae": ["draw", "walk", "axes"], "multimodal": ["words"]}.get(objective)
    return [*(own or (["walk"] if OBJECTIVES[objective].facts.get("draws") else [])), "map", "layers"]
