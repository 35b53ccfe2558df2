"""Flags: one a change where there is room, one for several where they are near each other."""

from __future__ import annotations

from itertools import pairwise

from tests.charts.examples import EVIL
from tlcore.charts import flags
from tlcore.charts.flags import Flag

WHOLE = ([0, 1],)


def test_each_change_has_a_pole_and_a_flag_with_its_number_and_its_words_in_the_hover():
    poles, hung = flags.draw([Flag(12, "later"), Flag(3.5, "sooner")], "light", 25, WHOLE)
    assert [pole["x0"] for pole in poles] == [pole["x1"] for pole in poles] == [3.5, 12]
    assert [(flag["x"], flag["text"], flag["hovertext"]) for flag in hung] == [(3.5, "1", "sooner"), (12, "2", "later")]


def test_a_pole_goes_through_each_panel_and_not_through_the_words_between():
    poles, _ = flags.draw([Flag(3, "a")], "light", 25, ([0, 0.6], [0.7, 1]))
    assert [(pole["y0"], pole["y1"]) for pole in poles] == [(0, 0.6), (0.7, 1)]


def test_changes_at_one_moment_share_a_pole_and_a_flag():
    poles, hung = flags.draw([Flag(3, "a"), Flag(3, "b"), Flag(3, "c"), Flag(9, "d")], "light", 25, WHOLE)
    assert len(poles) == 2
    assert [(flag["text"], flag["hovertext"]) for flag in hung] == [("1–3", "a<br>b<br>c"), ("4", "d")]


def test_many_flags_do_not_cover_each_other():
    _, hung = flags.draw([Flag(place / 7, str(place)) for place in range(170)], "light", 25, WHOLE)
    places = [flag["x"] for flag in hung]
    assert min(after - before for before, after in pairwise(places)) >= 25 * flags.NEAR
    assert hung[-1]["text"].endswith("170"), "none is lost"


def test_neighbouring_epochs_of_an_ordinary_run_keep_their_own():
    _, hung = flags.draw([Flag(epoch, "x") for epoch in range(5)], "light", 25, WHOLE)
    assert [flag["text"] for flag in hung] == ["1", "2", "3", "4", "5"]


def test_a_long_list_at_one_flag_is_cut():
    _, (flag,) = flags.draw([Flag(1, str(place)) for place in range(30)], "light", 25, WHOLE)
    assert flag["hovertext"].endswith("11<br>and 18 more")


def test_who_and_what_are_only_text():
    _, (flag,) = flags.draw([Flag(1, EVIL)], "light", 25, WHOLE)
    assert "<img" not in flag["hovertext"]
