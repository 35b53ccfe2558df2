"""Work beside the training: one piece at a time, and nothing that goes wrong is lost."""

from __future__ import annotations

from threading import Event

import pytest

from tlcore.engine.aside import Aside


def test_the_caller_goes_on_meanwhile():
    go, done, aside = Event(), [], Aside()
    aside.begin(lambda: (go.wait(60), done.append(1)))
    assert not done
    go.set()
    aside.settle()
    assert done == [1]


def test_one_piece_follows_the_other():
    done, aside = [], Aside()
    for place in range(50):
        aside.begin(lambda place=place: done.append(place))
    aside.settle()
    assert done == list(range(50))


def test_what_went_wrong_is_raised_once():
    aside = Aside()
    aside.begin(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        aside.settle()
    aside.settle()
    aside.begin(lambda: None)
    aside.settle()


def test_after_a_failure_nothing_follows():
    done, aside = [], Aside()
    aside.begin(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        aside.begin(lambda: done.append(1))
    aside.settle()
    assert not done
