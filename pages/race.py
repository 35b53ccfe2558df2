"""Which way to pretrain: objectives race on the same images, and each is measured on the same few labels."""

from tlcore.ui import frame, racing, study

LEAD = "The same net, the same images, as many steps: what is each way to pretrain worth on a target, and which is worth nothing?"

with frame.page("Race of objectives", LEAD, heading="Which way to pretrain?"):
    study.panel(racing.form())
