"""Fine-tune: from a source to a target with few labels, by a strategy; one run, live beside its form."""

import streamlit as st

from tlcore.ui import frame, launch, recipes

with frame.page("Fine-tune", "Take a net that has learned something else, keep part of it, and let it learn your task from a few labels."):
    choices, panel = st.columns([1, 2], gap="large")
    with panel:
        canvas = st.container()
    with choices:
        spec = recipes.finetune_form(canvas)
        shown = launch.start(spec, key="run", label="Fine-tune")
    with panel:
        launch.panel(shown, spec)
