"""The lines of curves: forks that leave their parent, relatives beside the run that is shown."""

from __future__ import annotations

from tests.charts.examples import rows
from tests.charts.test_curves import labels, lines
from tlcore.charts import curves
from tlcore.charts.curves import Series


def test_a_fork_begins_with_a_dot_where_it_leaves_its_parent():
    figure = curves.draw([Series("A", rows(9)), Series("B", rows(9, lift=0.1), begins=4)])
    parent, fork = lines(figure, "validation")
    (dot,) = lines(figure, "fork")
    assert parent["x"] == list(range(10)) and fork["x"] == list(range(4, 10))
    assert (dot["x"], dot["y"]) == ([4], fork["y"][:1]) and "leaves its parent at epoch" in dot["hovertemplate"]
    assert lines(figure, "training")[1]["x"][0] == 4
    assert len({trace["uid"] for trace in figure["data"]}) == len(figure["data"])


def test_a_fork_that_has_no_number_yet_is_not_drawn():
    figure = curves.draw([Series("A", rows(9)), Series("B", rows(3), begins=4)])
    assert not lines(figure, "fork") and len(lines(figure, "validation")) == 1


def test_relatives_are_thin_below_the_run_and_leave_it_its_own_looks():
    alone = lines(curves.draw([Series("A", rows(9), "probe_then_tune")]), "validation")[0]
    quiet = [Series(name, rows(9, lift=0.1), "probe_then_tune", begins=4, quiet=True) for name in "BC"]
    figure = curves.draw([*quiet, Series("A", rows(9), "probe_then_tune")])
    (shown,), relatives = lines(figure, "validation"), lines(figure, "relative")
    assert shown["line"] == alone["line"] and shown["mode"] == "lines", "as if it had no relatives"
    assert all(each["line"]["width"] < shown["line"]["width"] / 1.5 for each in relatives)
    assert len({each["line"]["dash"] for each in (shown, *relatives)}) == 3
    assert figure["data"].index(shown) > figure["data"].index(relatives[-1]), "the run lies above them"
    assert len(lines(figure, "training")) == 1
    assert sorted(labels(figure)) == ["A", "B", "C"]
