"""Effect of freezing: the same task with every number of frozen blocks, beside training from scratch."""

from tlcore.ui import frame, questions, study

LEAD = "Every number of frozen blocks learns the same few labels, beside a net from scratch."

with frame.page("Effect of freezing", LEAD, heading="How much should stay frozen?"):
    study.panel(questions.freezing_form())
