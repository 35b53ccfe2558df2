"""Names of runs, and the settings that set them apart."""

from __future__ import annotations

from types import SimpleNamespace

from tlcore.spec import RunSpec
from tlcore.ui import comparison, words

LETTERS = RunSpec.make("pretrain", dataset="glyphs")


def runs(*specs):
    """Runs of these specs, numbered from 1."""
    return [SimpleNamespace(spec=spec, number=place) for place, spec in enumerate(specs, start=1)]


def tuned(strategy="lp_ft", source=LETTERS, **given):
    """A fine-tuning on MNIST."""
    return RunSpec.make("finetune", source=source, strategy=strategy, **{"labels_per_class": 5, **given})


def test_only_settings_that_differ_are_listed():
    apart = comparison.differences(runs(tuned(seed=0), tuned(seed=1, batch_size=77)))
    assert set(apart) == {"Seed", "Batch size"}
    assert apart["Seed"] == ["0", "1"]


def test_a_setting_that_one_of_them_has_not_is_a_dash():
    apart = comparison.differences(runs(tuned("freeze", frozen=3), tuned("scratch", source=None)))
    assert apart["Frozen blocks"] == ["3", "–"]


def test_strategies_name_runs_when_they_suffice():
    assert comparison.names(runs(tuned("scratch", source=None), tuned("freeze", frozen=1), tuned("lp_ft"))) == [
        "From scratch",
        "1 of 4 frozen",
        "Probe, then tune",
    ]


def test_the_source_is_named_where_there_are_several():
    other = RunSpec.make("pretrain", dataset="digits", objective="autoencoder")
    assert comparison.names(runs(tuned(), tuned(source=other))) == [
        "Probe, then tune, from glyphs",
        "Probe, then tune, from digits, autoencoder",
    ]


def test_one_setting_is_taken_before_two():
    assert comparison.names(runs(tuned(learning_rate=0.01), tuned(learning_rate=0.1))) == ["learning rate 0.01", "learning rate 0.1"]
    pairs = [tuned(learning_rate=rate, batch_size=size) for rate in (0.01, 0.1) for size in (77, 99)]
    assert comparison.names(runs(*pairs))[0] == "batch size 77, learning rate 0.01"


def test_seeds_of_one_setting_share_a_name_and_are_averaged():
    assert len(set(comparison.names(runs(tuned(seed=0), tuned(seed=1))))) == 1


def test_numbers_name_what_nothing_short_can():
    several = [tuned(learning_rate=rate, batch_size=size, epochs=epochs) for rate in (0.01, 0.1) for size in (77, 99) for epochs in (5, 9)]
    assert comparison.names(runs(*several)) == [f"Run {place}" for place in range(1, 9)]


def test_a_list_says_what_and_on_what():
    assert (words.short(tuned("freeze", frozen=2)), words.target(tuned())) == ("2 of 4 frozen, from glyphs", "mnist, 5 a class")
    bare = RunSpec.make("finetune", strategy="random_frozen", frozen=1)
    assert (words.short(tuned("freeze", frozen=0)), words.short(bare)) == ("None frozen, from glyphs", "1 of 4 frozen at random")
    assert (words.short(LETTERS), words.target(LETTERS)) == ("Source: glyphs", "glyphs")
    assert words.target(tuned(labels_per_class=None)) == "mnist, all labels"


def test_arms_that_are_no_strategy_have_names():
    assert words.arm("scratch_long") == "From scratch, 5 times as long"
    assert words.arm("surgical 1-2") == "Blocks 1 to 2 tuned" == words.does(tuned("surgical", block=1, width=2))
    assert words.arm("self", 2) == "2 frozen, from the target itself" and words.arm("self_tuned", 0) == "From the target itself, tuned"
    places = [(arm, place) for arm in ("freeze", "random_frozen", "self", "self_tuned", "tuned") for place in range(1, 5)]
    assert len({words.arm(*place) for place in places}) == len(places), "no two places share a name"
    assert words.does(RunSpec.make("finetune", strategy="random_frozen", frozen=3)) == "3 of 4 frozen at random"


def test_a_study_of_many_budgets_says_so():
    settings = {"source": {"dataset": "glyphs"}, "dataset": "mnist", "most": 50, "seeds": 5}
    assert words.study(settings) == "From glyphs to mnist, 1 to 50 labels a class, 5 seeds"
