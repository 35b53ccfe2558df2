"""Studies: one question, its runs."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tlcore.registry import InputError
from tlcore.spec import BUDGET, RunSpec, digest
from tlcore.studies import STUDIES, Study, apart, arm_spec, first, label, racing

SOURCE = RunSpec.make("pretrain", dataset="glyphs", seed=4)
QUESTIONS = [entry.name for entry in STUDIES if not entry.facts.get("finding") and entry.name != "race"]
FEW = {question: {} if question == "label_budget" else {"labels_per_class": 5} for question in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("fix_source", [False, True])
def test_every_study_repeats_every_arm_over_the_seeds(question, seeds, fix_source):
    study = Study.make(question, source=SOURCE, dataset="digits", seeds=seeds, fix_source=fix_source, **FEW[question])
    arms = Counter((each.arm, each.frozen, each.spec.labels_per_class) for each in study.members)
    assert set(arms.values()) == {seeds}
    assert len({each.spec.key for each in study.members}) == len(study.members)
    for each in study.members:
        assert (each.spec.kind, each.spec.dataset, each.spec.seed) == ("finetune", "digits", each.seed)
        assert each.spec.labels_per_class == 5 or question == "label_budget"
        assert (each.spec.backbone, each.spec.image) == (SOURCE.backbone, SOURCE.image)
        own = each.arm in ("self", "self_tuned")
        assert each.spec.source is None or each.spec.source.seed == (each.seed if own else 4 if fix_source else 4 + each.seed)
    assert Study.from_plain(json.loads(study.to_json())) == study


def test_the_arms_are_the_four_of_the_start_page():
    study = first()
    assert [each.arm for each in study.members] == ["scratch", "linear_probe", "full", "lp_ft"] * 3
    assert study.title == "Did transfer help? From glyphs to mnist, 5 labels a class, 3 seeds"


def test_freezing_goes_from_nothing_to_everything():
    study = Study.make("freezing", source=RunSpec.make("pretrain", backbone="cnn-medium"), seeds=1, controls=False)
    assert [(each.arm, each.frozen) for each in study.members] == [("scratch", None), *(("freeze", frozen) for frozen in range(7))]
    assert [each.spec.phases[0].prefix for each in study.members[1:]] == list(range(7))


def test_from_scratch_has_the_net_and_the_images_of_the_source():
    source = RunSpec.make("pretrain", dataset="glyphs", image=(32, 32, 3), normalization="none")
    study = Study.make("arms", source=source, dataset="digits", seeds=1)
    scratch = study.members[0].spec
    assert (scratch.image, scratch.knobs["normalization"], scratch.source) == ((32, 32, 3), "none", None)


def test_the_controls_come_after_what_the_question_asks():
    study = Study.make("freezing", source=SOURCE, dataset="digits", labels_per_class=5, seeds=2)
    shards = [each.shard for each in study.members]
    first = [each.shard for each in study.members if each.arm in ("scratch", "freeze")]
    assert set(first) == {0, 1} and min(set(shards) - set(first)) > max(first)
    assert Counter(each.arm for each in study.members if each.seed == 0) == {
        "scratch": 1, "freeze": 5, "scratch_long": 1, "random_frozen": 4, "self": 4, "self_tuned": 1,
    }  # fmt: skip


def test_the_same_task_control_learns_from_the_very_labels_of_its_seed():
    study = Study.make("freezing", source=SOURCE, dataset="digits", labels_per_class=5, seeds=2, epochs=9)
    for each in study.members:
        if each.arm == "self":
            source = each.spec.source
            assert (source.dataset, source.labels_per_class, source.seed, source.epochs) == ("digits", 5, each.seed, 9)
    assert {each.spec.epochs for each in study.members if each.arm == "scratch_long"} == {45}


def test_where_the_rest_starts_anew_copies_are_frozen_or_tuned():
    study = Study.make("freezing", source=SOURCE, dataset="digits", labels_per_class=5, seeds=1, rest="fresh")
    found = {(each.arm, each.frozen): each.spec.phases[0] for each in study.members}
    assert found["freeze", 3].factors == (0, 0, 0, 1.0) and found["freeze", 3].fresh == 1
    assert found["tuned", 3].factors == (0.1, 0.1, 0.1, 1.0) and found["self_tuned", 3].fresh == 1
    assert ("freeze", 0) not in found, "all fresh is from scratch"


def test_every_run_of_blocks_is_tuned_once():
    study = Study.make("freezing", source=SOURCE, dataset="digits", labels_per_class=5, seeds=1, mode="surgical")
    tuned = {each.arm: each.spec.phases[0].factors for each in study.members if each.arm.startswith("surgical")}
    assert len(tuned) == 10 and tuned["surgical 2-3"] == (0, 0.1, 0.1, 0) and tuned["surgical 1-4"] == (0.1,) * 4


def test_the_grid_is_the_same_for_every_arm():
    plain, grid = (Study.make("arms", source=SOURCE, labels_per_class=5, seeds=2, grid=each) for each in (False, True))
    assert len(grid.members) == 3 * len(plain.members)
    rates = {(each.arm, each.seed): [] for each in grid.members}
    for each in grid.members:
        rates[each.arm, each.seed].append(each.spec.learning_rate)
    assert set(map(tuple, rates.values())) == {(0.0015, 0.005, 0.015)}
    assert {each.spec.key for each in plain.members} < {each.spec.key for each in grid.members}, "what was measured is taken over"


def test_budgets_go_up_a_ladder_to_the_most():
    study = Study.make("label_budget", source=SOURCE, dataset="digits", seeds=1, most=30)
    assert sorted({each.spec.labels_per_class for each in study.members}) == [1, 2, 5, 10, 20, 30]
    with pytest.raises(InputError, match="digits has 105 of each class to learn from"):
        Study.make("label_budget", source=SOURCE, dataset="digits", most=1000)


def test_what_is_forgotten_is_watched_in_every_arm_with_a_source():
    study = Study.make("forgetting", source=SOURCE, dataset="digits", labels_per_class=5, seeds=1)
    assert {each.arm for each in study.members if not each.spec.watch_source} == {"scratch"}
    with pytest.raises(InputError, match="names no classes that could be forgotten"):
        Study.make("forgetting", source=RunSpec.make("pretrain", objective="autoencoder"))


@pytest.mark.parametrize("question", ["arms", "forgetting"])
def test_a_painted_timeline_is_one_more_arm(question):
    plain = Study.make(question, source=SOURCE, dataset="digits", labels_per_class=5, seeds=2, epochs=10)
    more = Study.make(question, source=SOURCE, dataset="digits", labels_per_class=5, seeds=2, epochs=10, timeline="4x00001-6xss111")
    assert [each for each in more.members if each.arm != "timeline"] == list(plain.members), "what was measured is taken over"
    painted = [each for each in more.members if each.arm == "timeline"]
    assert [(each.seed, each.spec.strategy, each.spec.knobs["paint"]) for each in painted] == [
        (seed, "timeline", "4x00001-6xss111") for seed in (0, 1)
    ]
    assert {each.spec.watch_source for each in painted} == {question == "forgetting"}
    assert more.key != plain.key and label("timeline") == "Painted"
    assert Study.from_plain(json.loads(more.to_json())) == more


@pytest.mark.parametrize("question", ["arms", "forgetting"])
def test_without_a_painted_timeline_a_study_is_the_one_it_was(question):
    """Its key is that of the arms which it had before there were timelines."""
    names = {
        "arms": ("scratch", "linear_probe", "full", "lp_ft"),
        "forgetting": ("scratch", "linear_probe", "full", "lp_ft", "gradual", "l2_sp", "lora", "bias_only", "distill"),
    }[question]
    study = Study.make(question, source=SOURCE, dataset="digits", labels_per_class=5, seeds=1)
    watched = {"watch_source": True} if question == "forgetting" else {}
    given = {"dataset": "digits", "labels_per_class": 5}
    runs = [(name, arm_spec(SOURCE, 0, False, name, given | (watched if name != "scratch" else {}))) for name in names]
    if question == "forgetting":
        runs.append(("distill_outputs", arm_spec(SOURCE, 0, False, "distill", {**given, **watched, "keep": "outputs"})))
    assert study.key == digest([question, *([name, None, 0, spec.key] for name, spec in runs)])


def test_a_timeline_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="this net has 4 blocks: paint it again"):
        Study.make("arms", source=SOURCE, dataset="digits", timeline="4x001")
    with pytest.raises(InputError, match="A painted timeline is 'a b': choose up to 2000 letters, digits and hyphens"):
        Study.make("forgetting", source=SOURCE, dataset="digits", timeline="a b")


# --- known by its runs ----------------------------------------------------------------------------------------------


def test_the_same_runs_are_the_same_study_however_it_was_put():
    plain = Study.make("arms", source=SOURCE)
    assert Study.make("arms", source=SOURCE, dataset="mnist", epochs=BUDGET["epochs"].default, seeds=3, fix_source=False).key == plain.key
    assert Study.make("arms", source=SOURCE, labels_per_class=5).key == Study.make("arms", source=SOURCE, labels_per_class=5.0).key


@pytest.mark.parametrize("change", [{"seeds": 2}, {"fix_source": True}, {"dataset": "digits"}, {"labels_per_class": 5}, {"epochs": 41}])
def test_another_setting_is_another_study(change):
    assert Study.make("arms", source=SOURCE, **change).key != Study.make("arms", source=SOURCE).key


def test_another_question_or_source_is_another_study():
    other = RunSpec.make("pretrain", dataset="glyphs", seed=5)
    keys = {Study.make(question, source=source).key for question in QUESTIONS for source in (SOURCE, other)}
    assert len(keys) == 2 * len(QUESTIONS)


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seed": 3}, "A study repeats itself over seeds: give seeds, how many, instead of seed."),
        ({"strategy": "full"}, "The study arms chooses the strategies itself: leave strategy out."),
        ({"seeds": 0}, "Seeds is 0: choose a whole number from 1 to 50."),
        ({"epochs": 0}, "Epochs is 0: choose a whole number from 1 to 2000."),
        ({"labels_per_class": 400}, "Labels per class is 400, but mnist has 300 of each class to learn from: choose 1 to 300."),
        ({"source": RunSpec.make("finetune")}, "A source is a pretraining: choose a run of that kind."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(given, sentence):
    with pytest.raises(InputError) as refused:
        Study.make("arms", **{"source": SOURCE, **given})
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "plain",
    [
        [], None, "arms", {}, {"study": []}, {"study": "arms", "source": []}, {"study": "arms", "source": 3}, {"study": "arms", "cls": 1},
        {"study": "arms", "question": "arms"}, {"study": "arms", "frozen": 2}, {"study": "nonsense"}, {"study": "arms", "dataset": []},
        {"study": "arms", "source": {"kind": "finetune"}}, {"study": "arms", "source": {"seed": 2**31 - 1}},
    ],
)  # fmt: skip
def test_what_is_no_study_is_refused_with_a_sentence(plain):
    with pytest.raises(InputError) as refused:
        Study.from_plain(plain)
    assert str(refused.value).endswith(".")


def test_a_study_needs_little_to_be_told():
    assert Study.from_plain({"study": "arms"}).key == Study.make("arms", source=RunSpec.make("pretrain")).key


def race(**given):
    return Study.make("race", source=racing.recipe("glyphs", seed=4), **{"objectives": ("supervised", "vae"), "amounts": "all-5", **given})


def test_a_race_changes_the_objective_alone():
    study = race(dataset="digits", seeds=2)
    cells = Counter((each.arm, each.spec.labels_per_class) for each in study.members)
    assert cells == dict.fromkeys(((arm, n) for arm in ("random_frozen", "supervised", "vae", "scratch") for n in (5, None)), 2)
    for each in study.members:
        source = each.spec.source
        assert (source is None) == (each.arm in ("scratch", "random_frozen")) and each.spec.seed == each.seed
        assert each.spec.head == ("glorot" if each.arm == "scratch" else "probe")
        if source is not None:
            assert (source.objective, source.seed, source.epochs, source.batch_size) == (each.arm, 4 + each.seed, 6, 128)
    assert Study.from_plain(json.loads(study.to_json())) == study


def test_a_racer_may_have_epochs_of_its_own_and_be_tuned():
    study = race(dataset="digits", seeds=1, paces=racing.written({"vae": 2}), moved="lp_ft")
    epochs = {each.arm: each.spec.source.epochs for each in study.members if each.spec.source}
    assert epochs == {"supervised": 6, "vae": 2}
    assert {each.spec.strategy for each in study.members if each.spec.source} == {"lp_ft"}


def test_a_race_over_several_targets_gives_each_only_the_knobs_it_has():
    study = race(dataset="shapes", also="mnist", pairs="second", seeds=1)
    assert {apart(each.arm)[1] for each in study.members} == {"shapes", "mnist"}
    for each in study.members:
        assert each.spec.dataset == apart(each.arm)[1] and each.spec.knobs.get("pairs", "second") == "second"
    assert label("vae on mnist") == "Variational (VAE), on mnist"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"amounts": "5-many"}, "numbers joined by hyphens"),
        ({"paces": "vae"}, "an objective and a number each"),
        ({"paces": "magic_3"}, "no objective 'magic'"),
        ({"also": "moon"}, "no data set 'moon'"),
        ({"objectives": ("multitask",)}, "of glyphs nobody does"),
        ({"labels_per_class": 3}, "varies the labels itself"),
    ],
)
def test_a_race_that_cannot_be_is_refused(given, sentence):
    with pytest.raises(InputError, match=sentence):
        race(**{"dataset": "mnist", **given})


def test_of_the_first_racers_only_those_run_that_the_data_can_meet():
    assert "multitask" in racing.fitting("shapes") and "multitask" not in racing.fitting("glyphs")
