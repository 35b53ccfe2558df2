"""How many labels: from scratch, frozen and probe-then-tune, from one label a class to many."""

from tlcore.ui import frame, questions, study

LEAD = "With few labels a net that has learned something else is ahead. From how many on does a net from scratch catch up?"

with frame.page("How many labels?", LEAD, heading="How many labels does transfer save?"):
    study.panel(questions.labels_form())
