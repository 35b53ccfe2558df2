"""The cells of a race."""

from __future__ import annotations

import pytest

from tests.charts.examples import raced
from tlcore.charts import race
from tlcore.science.race import answer


def summary(seeds=5):
    return answer([{**row, "target": "mnist"} for row in raced(seeds)], str, "")


def test_the_best_stands_first_and_controls_last():
    table = race.table(raced())
    assert tuple(table.columns) == race.COLUMNS and list(dict.fromkeys(table["arm"])) == ["simclr", "vae", "scratch", "random_frozen"]
    assert table["labels"].iloc[:3].tolist()[:2] == [1, 20] and table["labels"].isna().iloc[2]
    assert table["gain"].iloc[0] == pytest.approx(0.2) and table["beats"].isna().all()


def test_from_five_seeds_on_a_cell_has_its_interval_and_verdict():
    table = race.table(raced(5), summary()).set_index(["arm"])
    assert table.loc["simclr", "beats"].all() and not table.loc["vae", "beats"].any() and table["high"].notna().all()
    stale = race.table(raced(6), summary(5))
    assert stale["beats"].isna().all(), "an answer of fewer seeds says nothing of these"


def test_a_cell_that_gains_nothing_has_no_ground():
    figure = race.figure(race.table(raced(5), summary()))
    fills = [shape["fillcolor"] for shape in figure["layout"]["shapes"]]
    edges = [shape["line"].get("dash") for shape in figure["layout"]["shapes"]]
    assert fills[3:6] == ["rgba(0,0,0,0)"] * 3 and edges[3:6] == ["dot"] * 3 and edges[:3] == [None] * 3
    assert "± " in figure["layout"]["annotations"][1]["text"]


def test_of_several_targets_one_is_drawn():
    data = [{**row, "arm": f"{row['arm']} on digits"} for row in raced()] + [{**row, "arm": f"{row['arm']} on mnist"} for row in raced(2)]
    assert set(race.table(data, None, "mnist")["seeds"]) == {2}
