"""What is forgotten: what each strategy gains on the target, and what it loses on the source task."""

from tlcore.ui import frame, questions, study

LEAD = "While a net learns your task, it is asked again and again what it knew before. Every strategy is measured on both."

with frame.page("What is forgotten?", LEAD, heading="What does the net forget of its old task?"):
    study.panel(questions.forgetting_form())
