"""How many labels: from scratch, frozen and probe-then-tune, from one label a class to many."""

from tlcore.ui import frame, launch, questions, study

LEAD = "With few labels a net that has learned something else is ahead. From how many on does a net from scratch catch up?"

with frame.page("How many labels?", LEAD, heading="How many labels does transfer save?"):
    asked = questions.labels_form()
    record = launch.start_study(asked, key="study", label="Measure")
    if record:
        study.study_view(record)
    else:
        study.before(asked)
