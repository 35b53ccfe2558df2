"""Studies: one question, its runs."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tlcore.registry import InputError
from tlcore.spec import BUDGET, RunSpec
from tlcore.studies import STUDIES, Study, first

SOURCE = RunSpec.make("pretrain", dataset="glyphs", seed=4)


@pytest.mark.parametrize("question", STUDIES.names())
@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("fix_source", [False, True])
def test_every_study_repeats_every_arm_over_the_seeds(question, seeds, fix_source):
    study = Study.make(question, source=SOURCE, dataset="digits", labels_per_class=5, seeds=seeds, fix_source=fix_source)
    arms = Counter((each.arm, each.frozen) for each in study.members)
    assert set(arms.values()) == {seeds}
    assert len({each.spec.key for each in study.members}) == len(study.members)
    for each in study.members:
        assert (each.spec.kind, each.spec.dataset, each.spec.labels_per_class, each.spec.seed) == ("finetune", "digits", 5, each.seed)
        assert (each.spec.backbone, each.spec.image) == (SOURCE.backbone, SOURCE.image)
        assert each.spec.source is None or each.spec.source.seed == (4 if fix_source else 4 + each.seed)
    assert Study.from_plain(json.loads(study.to_json())) == study


def test_the_arms_are_the_four_of_the_start_page():
    study = first()
    assert [each.arm for each in study.members] == ["scratch", "linear_probe", "full", "lp_ft"] * 3
    assert study.title == "Did transfer help? From glyphs to mnist, 5 labels a class, 3 seeds"


def test_freezing_goes_from_nothing_to_everything():
    study = Study.make("freezing", source=RunSpec.make("pretrain", backbone="cnn-medium"), seeds=1)
    assert [(each.arm, each.frozen) for each in study.members] == [("scratch", None), *(("freeze", frozen) for frozen in range(7))]
    assert [each.spec.phases[0].prefix for each in study.members[1:]] == list(range(7))


def test_from_scratch_has_the_net_and_the_images_of_the_source():
    source = RunSpec.make("pretrain", dataset="glyphs", image=(32, 32, 3), normalization="none")
    study = Study.make("arms", source=source, dataset="digits", seeds=1)
    scratch = study.members[0].spec
    assert (scratch.image, scratch.knobs["normalization"], scratch.source) == ((32, 32, 3), "none", None)


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
    keys = {Study.make(question, source=source).key for question in STUDIES.names() for source in (SOURCE, other)}
    assert len(keys) == 2 * len(STUDIES.names())


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
