"""Pretrain: make a source; one run, live beside its form."""

import streamlit as st

from tlcore.ui import frame, launch, preview, recipes

with frame.page("Pretrain", "Let a net learn from plenty of data first. What it learns there is the source that other tasks start from."):
    choices, panel = st.columns([1, 2], gap="large")
    with choices:
        spec = recipes.pretrain_form()
        shown = launch.start(spec, key="run", label="Pretrain")
    with panel:
        preview.sees(spec)
        launch.panel(shown, spec)
