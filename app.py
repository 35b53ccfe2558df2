"""The start page: one question, one click, one measured answer."""

from tlcore.ui import cards, first, frame, study

with frame.page("Start", heading="Does a model that has only read printed letters learn handwritten digits from fewer examples?"):
    record = first.chosen()
    first.pictures()
    first.start(record)
    if record:
        study.study_view(record)
    cards.steps(first.NEXT, key="next")
