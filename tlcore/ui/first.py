"""The start page's experiment: its pictures, its button, and whether it was measured already."""

from __future__ import annotations

from functools import cache

import streamlit as st

from tlcore import jobs, ready
from tlcore.datasets import Dataset
from tlcore.engine.exchange import CAME
from tlcore.store import StudyRecord
from tlcore.studies import Study, first
from tlcore.ui import frame, hand, launch, pace
from tlcore.ui.cards import Step
from tlcore.ui.shelf import chosen as chosen_images
from tlcore.ui.shelf import prepared, thumbnails

SHOWN = 12
NEXT = (
    Step(
        "Freeze more or less",
        "From nothing frozen to everything: where is the best place to stop?",
        "Effect of freezing",
        "pages/freezing.py",
    ),
    Step("Make another source", "Other data, another objective, another net: does it still help?", "Pretrain", "pages/pretrain.py"),
    Step("Look at every run", "Curves, mistakes, and what moved, one run at a time.", "Runs", "pages/runs.py"),
)


@cache
def asked() -> Study:
    """The experiment, made once."""
    return first()


def chosen() -> StudyRecord | None:
    """The study of the address, or the start page's experiment if it is in the store, the one with most seeds first."""
    if "study" in st.query_params:
        return launch.named_study("study")
    wanted = {key: value for key, value in asked().settings.items() if key != "seeds"}
    alike = [
        each
        for each in frame.store().studies(limit=100)
        if each.question == "arms" and {key: value for key, value in each.settings.items() if key != "seeds"} == wanted
    ]
    return max(alike, key=lambda each: (each.live, each.state == "finished", each.total), default=None)


def pictures() -> None:
    """A row that reads as a sentence: what was read, what is kept of it, what is to be learned."""
    spec = asked().members[-1].spec
    source, target = prepared("glyphs"), prepared("mnist")

    @frame.moving(None if source and target else 1.0, key="first-pictures")
    def row() -> None:
        from tlcore.ui.strip import strip

        with st.container(key="first-row"):
            left, middle, right = st.columns([1, 1.3, 1], gap="large")
        with left:
            _sheet(source or prepared("glyphs"), "It has read printed letters", "source", "drawn")
        with middle:
            st.markdown("**Its blocks stay frozen, then adapt gently**")
            strip(spec.blocks, spec.phases, spec.epochs, key="first-strip")
        with right:
            _sheet(target or prepared("mnist"), "It gets 5 labels a class", "target", "read", labels=5)

    row()


def _sheet(data: Dataset | None, title: str, key: str, made: str, labels: int | None = None) -> None:
    st.markdown(f"**{title}**")
    if data is None:
        rests = jobs.engine_state()["state"] in ("off", "failed")
        st.markdown(f"They are {made} when the first run starts." if rests else f"They are being {made}, it takes a few seconds.")
        return
    alt = f"{SHOWN} images: {title}."
    if labels is None:
        thumbnails(data, "one of each", SHOWN, f"first-{key}", alt, columns=4, rows=True)
    else:
        drawn = data.draw(labels, 0)[:: labels * len(data.classes) // SHOWN][:SHOWN]
        chosen_images(data, drawn.tolist(), f"first-{key}", alt, columns=4, rows=True)


def start(record: StudyRecord | None) -> None:
    """The one button; once the answer is there or on its way, its place says so."""
    hand.problem()
    if record is not None:
        return
    if st.button(f"Find out, {pace.of_study(asked())}", type="primary", key="first-start"):
        made = hand.attempt(jobs.submit_study, asked(), hand.starter())
        if made is not None:
            st.query_params["study"] = made.id
        st.rerun()
    read = prepared("glyphs")
    amount = f"{len(read.train.labels):,} images of {len(read.classes)} printed letters" if read else "images of printed letters"
    first = f"The net reads {amount} of six scripts first. Then it learns"
    if came_with_the_lab():
        again = f"`{ready.command('glyphs-0')}` makes one again"
        first = f"The net has read {amount} of six scripts already: it came with the lab, once for each draw ({again}). Now it learns"
    st.markdown(
        f":small[{first} handwritten digits in four ways, each with three different draws of 50 labelled images, and is tested on "
        "1,500 images that it has never seen.]"
    )


def came_with_the_lab() -> bool:
    """Whether nothing is to be pretrained, for all sources of the experiment lie here as they came."""
    keys = {member.spec.source.key for member in asked().members if member.spec.source}
    found = [frame.store().answering(key) for key in keys]
    return all(run is not None and (run.note or "").startswith(CAME) for run in found)
