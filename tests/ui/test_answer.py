"""The card: what is said, how much more to measure, and the comparisons in a table."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tlcore.ui import answer, contrasts, figures, standing

FOUND = {
    "arm": "lp_ft", "frozen": None, "against": "scratch", "against_frozen": None, "n": 5, "mean": -0.034, "low": -0.05, "high": -0.01,
    "p": 0.0004, "p_alone": 0.0002, "sign_flip": 0.0625, "gz": -1.23, "positive": 0, "negative": 5, "label": "harms", "more_seeds": 0,
}  # fmt: skip


def study(seeds, label="Measured", more=None):
    """A finished study as far as the card asks."""
    return SimpleNamespace(settings={"seeds": seeds}, summary={"label": label, "verdict": {"more_seeds": more}})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((1,), 5), ((3,), 5), ((4,), 5), ((5, "Helps"), 10), ((7, "Harms"), 10), ((10, "Equivalent"), 20), ((20, "Helps"), None),
        ((5, "Inconclusive", 7), 12), ((5, "Inconclusive", 97), 50), ((50, "Inconclusive", 97), None), ((5, "Inconclusive", None), None),
    ],
)  # fmt: skip
def test_the_next_number_of_seeds(given, wanted):
    assert answer.next_seeds(study(*given)) == wanted


def test_an_answer_of_before_verdicts_is_asked_for_five():
    assert answer.next_seeds(SimpleNamespace(settings={}, summary={"label": "Measured", "sentence": "A."})) == 5


def test_the_word_has_its_colour_and_stays_a_word():
    assert [answer.coloured(label) for label in ("Helps", "Harms", "Inconclusive", "Equivalent", "Measured")] == [
        ":green[Helps]", ":red[Harms]", ":yellow[Inconclusive]", "Equivalent", "Measured",
    ]  # fmt: skip


def test_sentences_are_told_apart_and_old_ones_stay_whole():
    verdict, held = (
        "Helps with 5.0 points above training from scratch.",
        "One source model; one rate. The part (1,500 images) is not counted.",
    )
    means = "The mean was 88.0 % with all blocks frozen."
    summary = {"sentence": f"{verdict} {means} {held}", "said": {"verdict": verdict, "means": means, "conditions": held}}
    assert answer.parts(summary) == (verdict, "The mean was 88.0 % with all blocks frozen.", held)
    assert answer.parts({"sentence": "It was measured. And said."}) == ("It was measured. And said.", "", "")
    assert answer.parts({}) == ("", "", "")


def test_a_comparison_as_a_line():
    line = contrasts.line("arms", FOUND)
    assert line == ("Probe, then tune against from scratch", "−3.4", "−5.0 to −1.0", "< 0.001", "0.062", "−1.2", "0 of 5", "harms")
    few = contrasts.line("arms", FOUND | {"n": 3, "low": None, "high": None, "gz": None})
    assert few[2:] == ("–", "–", "–", "–", "0 of 3", "–"), "few seeds have points and signs, no more"


def test_gains_in_words():
    gains = {
        "jumpstart": 0.001, "asymptotic_gain": 0.1, "area": 2.0, "area_scratch": 1.0, "transfer_ratio": 1.0,
        "time_to_threshold": 100.0, "time_to_threshold_scratch": 400.0, "threshold": 0.8,
    }  # fmt: skip
    rows = {what: (much, means) for what, much, means in contrasts.measures(gains)}
    assert rows["At the end"][0] == "+10.0 points" and rows["All the way"][0] == "+100 %"
    assert rows["To where scratch ends"] == ("4.0 times as fast", "80.0 % is reached after 100 examples, from scratch after 400")
    never = contrasts.measures(gains | {"time_to_threshold": None, "transfer_ratio": None})
    assert never[-1][1:] == ("–", "80.0 % is not reached within this budget") and len(never) == 3
    assert contrasts.measures(gains | {"time_to_threshold": 0.0})[-1][1] == "at once"


def test_where_scratch_catches_up_in_words():
    found = {"at": 31.0, "low": 20.0, "high": None, "least": 1, "most": 50, "seeds": 5}
    assert "95 % of resampled seeds lie from 20 to beyond 50" in figures.caught_up(found)
    assert figures.caught_up(found | {"at": None}) == "from scratch does not catch up with up to 50 labels a class."
    assert figures.caught_up(found | {"at": 1.0}) == "from scratch is as good from 1 label a class on."


def member(arm, rate, accuracy, val, frozen=None, seed=0, labels=5):
    """A member with what standing asks of it."""
    spec = SimpleNamespace(labels_per_class=labels, learning_rate=rate)
    result = None if accuracy is None else {"end": {"val_accuracy": val}}
    run = SimpleNamespace(id=f"{arm}-{frozen}-{seed}-{rate}-{labels}", accuracy=accuracy, result=result, spec=spec)
    return SimpleNamespace(arm=arm, frozen=frozen, seed=seed, run=run)


def test_of_several_rates_the_best_on_validation_stands():
    members = [member("full", rate, accuracy, val) for rate, accuracy, val in ((0.1, 0.9, 0.5), (0.2, 0.7, 0.8), (0.3, None, None))]
    members.append(member("scratch", 0.1, None, None))
    runs = standing.standing(SimpleNamespace(question="arms", settings={"grid": True}), members)
    assert [(each.arm, each.run.accuracy) for each in runs] == [("full", 0.7), ("scratch", None)]
    assert [row["accuracy"] for row in standing.measured(runs)] == [0.7]


def test_labels_are_the_place_where_they_vary():
    members = [member("lp_ft", 0.1, 0.5, 0.5, labels=labels) for labels in (1, 5)]
    runs = standing.standing(SimpleNamespace(question="label_budget", settings={}), members)
    assert list(standing.by_place("label_budget", runs)) == ["Probe, then tune, 1 label a class", "Probe, then tune, 5 labels a class"]
