"""Effect of freezing: the same task with every number of frozen blocks, beside training from scratch."""

from tlcore.ui import frame, launch, questions, study

LEAD = "Every number of frozen blocks learns the same few labels, beside a net from scratch."

with frame.page("Effect of freezing", LEAD, heading="How much should stay frozen?"):
    asked = questions.freezing_form()
    record = launch.start_study(asked, key="study", label="Measure")
    if record:
        study.study_view(record)
    else:
        study.before(asked)
