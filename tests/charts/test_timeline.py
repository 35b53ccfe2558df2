"""The timeline: its segments, how they are told apart, and the panel above the curves."""

from __future__ import annotations

import json

import pytest

from tests.charts.examples import EVIL
from tlcore.charts import colours, timeline
from tlcore.charts.timeline import Segment
from tlcore.spec import Change, Place, RunSpec, Stretch
from tlcore.strategies import Phase, plan

BLOCKS = (("conv 32", 416), ("embedding 64", 37_120))
PLAN = (Phase("head only", 0.5, (0.0, 0.0)), Phase("everything", 0.5, (0.1, 0.1)))


def stretches(batch_size: int = 8) -> tuple[Stretch, ...]:
    """Twenty epochs: the head for ten, in the middle of the ninth block 2 by hand, then everything."""
    hand = Phase("head only; by hand: block 2 full", 0.5, (0.0, 1.0))
    moments = (Place(0), 0, PLAN[0], 8), (Place(8, 5), 0, hand, batch_size), (Place(10), 1, PLAN[1], batch_size)
    return tuple(Stretch(begin, planned, phase, 0.005, size) for begin, planned, phase, size in moments)


def drawn(**more):
    return timeline.segments(stretches(), BLOCKS, 20, 10, PLAN, **more)


def bars(traces):
    return [trace for trace in traces if trace["type"] == "bar"]


def test_a_segment_for_each_time_in_which_a_block_stays_what_it_is():
    assert drawn() == [
        Segment(1, "conv 32", 0, 10, 0.0, "frozen", False),
        Segment(1, "conv 32", 10, 20, 0.1, "slow", False),
        Segment(2, "embedding 64", 0, 8.5, 0.0, "frozen", False),
        Segment(2, "embedding 64", 8.5, 10, 1.0, "full", True),
        Segment(2, "embedding 64", 10, 20, 0.1, "slow", False),
        Segment(3, "head", 0, 20, 1.0, "full", False),
    ]


def test_the_table_has_the_same_rows():
    table = timeline.table(stretches(), BLOCKS, 20, 10, PLAN)
    assert tuple(table.columns) == timeline.COLUMNS
    assert [tuple(row) for row in table.itertuples(index=False)] == [tuple(each) for each in drawn()]


@pytest.mark.parametrize(("batches", "batch_size", "moment"), [(10, 8, 8.5), (None, 8, 8.5), (20, 8, 8.25), (20, 16, 8.5), (3, 8, 8.99)])
def test_a_change_within_an_epoch_lies_where_its_batch_was(batches, batch_size, moment):
    found = timeline.segments(stretches(batch_size), BLOCKS, 20, batches, PLAN)
    assert found[3].first == pytest.approx(moment)


def test_without_the_plan_nothing_is_known_to_be_by_hand():
    assert not any(each.by_hand for each in timeline.segments(stretches(), BLOCKS, 20, 10))


def test_a_run_is_drawn_with_its_changes():
    source = RunSpec.make("pretrain", dataset="glyphs")
    changes = [{"epoch": 8, "step": 0, "name": "block4", "value": 0.1}, {"epoch": 9, "step": 0, "name": "learning_rate", "value": 0.001}]
    spec = RunSpec.make("finetune", source=source, dataset="digits", strategy="freeze", frozen=4, epochs=20, changes=changes)
    assert spec.changes[0] == Change(8, 0, "block4", 0.1)
    fourth = [each[2:] for each in timeline.of(spec) if each.block == 4]
    assert fourth == [(0, 8, 0.0, "frozen", False), (8, 20, 0.1, "slow", True)], "a change of the learning rate ends no segment"


def test_where_just_a_part_of_a_block_moves_it_is_said_and_hatched():
    (phase,) = plan("lora", 2, {})
    found = timeline.segments([Stretch(Place(0), 0, phase, 0.005, 8)], BLOCKS, 5)
    assert [each.state for each in found] == ["part", "part", "full"]
    assert "only a part of it" in timeline.said(found[0])
    (trained,) = bars(timeline.panel(found, "light", "y")[0])
    assert trained["marker"]["pattern"]["shape"] == ["/", "/", ""]


def test_frozen_has_square_ends_and_trained_round_ones_in_their_own_colour():
    frozen, trained = bars(timeline.panel(drawn(), "light", "y")[0])
    assert frozen["marker"]["cornerradius"] < trained["marker"]["cornerradius"]
    assert set(frozen["marker"]["color"]) == {colours.of("pale_ice")}
    assert set(trained["marker"]["color"]) == {colours.of("pale_ember"), colours.of("ember")}


def test_what_was_set_by_hand_is_outlined():
    _, trained = bars(timeline.panel(drawn(), "light", "y")[0])
    outlined = [place for place, colour in enumerate(trained["marker"]["line"]["color"]) if colour == colours.of("ink")]
    assert [trained["hovertext"][place] for place in outlined] == ["block 2 (embedding 64), epochs 9 to 10: full rate, set by hand"]
    assert "outlined: by hand" in timeline.heading(drawn(), "light")["text"]
    assert "outlined" not in timeline.heading([each for each in drawn() if not each.by_hand], "light")["text"]


def test_words_stand_where_they_fit():
    *_, words = timeline.panel(drawn(), "light", "y")[0]
    assert words["text"] == ["frozen", "×0.1", "frozen", "×1", "×0.1", "×1"]
    narrow = [Segment(1, "conv 32", 0, 1, 0.0, "frozen", False), Segment(1, "conv 32", 1, 40, 1.0, "full", False)]
    assert timeline.panel(narrow, "light", "y")[0][-1]["text"] == ["", "×1"]


def test_the_input_is_at_the_top_and_the_head_at_the_bottom():
    _, axis = timeline.panel(drawn(), "light", "y")
    assert axis["ticktext"] == ["block 1", "block 2", "head"]
    assert axis["range"][0] > axis["range"][1], "the first row is the highest"


def test_it_is_said_for_those_who_hear_it():
    assert (
        timeline.words(drawn()[:2])
        == "Block 1 (conv 32), epochs 1 to 10: frozen. Block 1 (conv 32), epochs 11 to 20: ×0.1 of the learning rate."
    )


def test_names_are_only_text():
    named = [Segment(1, EVIL, 0, 5, 0.0, "frozen", False)]
    assert "<img" not in json.dumps(timeline.panel(named, "light", "y")[0])
