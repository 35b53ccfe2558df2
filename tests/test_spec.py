"""What a run is: checked, complete, and known by its key."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.registry import InputError
from tlcore.spec import BUDGET, DEFAULTS, Change, RunSpec
from tlcore.spec import key as module
from tlcore.strategies import STRATEGIES

SOURCE = RunSpec.make("pretrain", dataset="glyphs", seed=1)
TUNED = RunSpec.make("finetune", source=SOURCE, dataset="mnist", labels_per_class=5)


def refused(ask, *given, **keywords):
    """The sentence with which something is refused."""
    with pytest.raises(InputError) as error:
        ask(*given, **keywords)
    return str(error.value)


# --- complete -------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_filled_in():
    whole = RunSpec(
        kind="finetune", dataset="mnist", backbone="cnn-small", objective="supervised", strategy="lp_ft", image=(28, 28, 1),
        labels_per_class=5, **{name: knob.default for name, knob in BUDGET.items()},
        knobs={"view": "plain", "normalization": "batch", "probe_share": 0.5, "tune_rate": 0.1, "statistics": False}, source=SOURCE,
    )  # fmt: skip
    assert whole == TUNED
    assert SOURCE.strategy == "scratch" and all(getattr(SOURCE, name) == value for name, value in DEFAULTS["pretrain"].items())
    assert RunSpec.make("finetune").strategy == "scratch"


EVERY = [
    *(RunSpec.make("pretrain", dataset=each) for each in DATASETS.names()),
    *(RunSpec.make("pretrain", objective=each) for each in ("supervised", "autoencoder")),
    *(RunSpec.make("pretrain", backbone=each) for each in BACKBONES.names()),
    *(
        RunSpec.make("finetune", strategy=each.name, source=SOURCE if each.facts["needs_source"] else None, labels_per_class=5)
        for each in STRATEGIES
    ),
    RunSpec.make("pretrain", dataset="diabetes", objective="regression"),
    RunSpec.make("finetune", source=RunSpec.make("pretrain", dataset="diabetes"), dataset="diabetes", objective="regression", head="probe"),
    RunSpec.make(
        "finetune",
        source=RunSpec.make("pretrain", source=RunSpec.make("pretrain", dataset="digits"), objective="distillation", backbone="mlp"),
    ),
    RunSpec.make("pretrain", image=(64, 48, 3), scripts=("greek", "latin"), digits=True),
    RunSpec.make("finetune", dataset="digits", strategy="surgical", source=RunSpec.make("pretrain", normalization="group"), block=4),
]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: f"{spec.kind} {spec.dataset} {spec.objective} {spec.backbone} {spec.strategy}")
def test_a_spec_comes_back_from_json_as_it_was(spec):
    again = RunSpec.from_json(spec.to_json())
    assert again == spec and again.key == spec.key and again.to_json() == spec.to_json()
    assert again.phases == spec.phases and len(again.phases[0].factors) == len(spec.blocks)
    assert json.loads(spec.to_json())["dataset"] == spec.dataset


def test_a_person_may_leave_out_what_is_as_always():
    plain = {"dataset": "mnist", "labels_per_class": 5, "source": {"kind": "pretrain", "seed": 1}}
    assert RunSpec.from_plain(plain) == TUNED
    assert RunSpec.from_json('{"kind": "finetune", "strategy": "scratch"}') == RunSpec.make("finetune")
    assert RunSpec.from_plain({**plain, "source": {"seed": 1}}) == TUNED, "a source is a pretraining, who would say so"
    assert RunSpec.from_plain({**plain, "probe_share": 0.3}).knobs["probe_share"] == 0.3
    assert RunSpec.from_plain({**plain, "knobs": {"probe_share": 0.3}}).knobs["probe_share"] == 0.3


def test_the_settings_of_each_choice():
    assert TUNED.settings("strategy") == {"probe_share": 0.5, "tune_rate": 0.1, "statistics": False}
    assert TUNED.settings("backbone") == {"normalization": "batch"}
    assert TUNED.settings("dataset") == {"view": "plain"}
    assert SOURCE.settings("dataset")["per_class"] == 88


def test_a_run_sees_images_as_its_source_does():
    wide = RunSpec.make("pretrain", dataset="glyphs", image=(32, 40, 3), normalization="none")
    tuned = RunSpec.make("finetune", source=wide, dataset="digits", image=[32, 40, 3])
    assert tuned.image == (32, 40, 3) and tuned.knobs["normalization"] == "none"
    assert RunSpec.make("finetune", dataset="digits").image == (8, 8, 1)
    assert RunSpec.make("pretrain", image=(4000, 4, 1)).image == (128, 4, 1)


# --- known by its key -----------------------------------------------------------------------------------------------

CHANGES = {
    "kind": {"kind": "pretrain", "source": None, "strategy": "scratch"},
    "dataset": {"dataset": "digits"},
    "backbone": {"backbone": "cnn-medium"},
    "objective": {"objective": "autoencoder"},
    "strategy": {"strategy": "linear_probe"},
    "image": {"image": (32, 32, 1)},
    "labels_per_class": {"labels_per_class": None},
    "epochs": {"epochs": 41},
    "batch_size": {"batch_size": 17},
    "learning_rate": {"learning_rate": 3.0000001e-3},
    "weight_decay": {"weight_decay": 0.01},
    "patience": {"patience": 3},
    "watch_source": {"watch_source": True},
    "head": {"head": "centroid"},
    "schedule": {"schedule": "cosine"},
    "seed": {"seed": 1},
    "knobs": {"knobs": {**TUNED.knobs, "probe_share": 0.6}},
    "source": {"source": replace(SOURCE, seed=2)},
    "changes": {"changes": (Change(0, 0, "learning_rate", 1e-4),)},
    "probe": {"probe": "mnist"},
    "origin": {"origin": "a" * 64},
}


def test_nothing_moves_between_data_sets_that_share_images():
    whole = RunSpec.make("pretrain", dataset="mnist_full")
    asked = [
        lambda: RunSpec.make("finetune", source=whole, dataset="mnist"),
        lambda: RunSpec.make("pretrain", dataset="mnist_full", probe="mnist"),
    ]
    asked += [lambda: RunSpec.make("finetune", source=RunSpec.make("pretrain", dataset="mnist"), dataset="mnist_full")]
    for ask in asked:
        assert "share images, so a test would ask what the source has seen: choose another of the two." in refused(ask)
    assert RunSpec.make("finetune", source=whole, dataset="digits").source == whole


def test_an_import_is_known_by_its_weights_whatever_made_them(monkeypatch):
    brought = RunSpec.make("pretrain", origin="a" * 64)
    assert brought.key != RunSpec.make("pretrain").key != RunSpec.make("pretrain", origin="b" * 64).key
    assert RunSpec.from_json(brought.to_json()) == brought and "imported" in brought.title
    assert "origin" not in RunSpec.make("pretrain").to_json(), "what older labs wrote reads the same"
    known = replace(brought).key, RunSpec.make("pretrain").key
    monkeypatch.setattr("tlcore.spec.key.versions", lambda: {"keras": "9", "tensorflow": "9"})
    assert replace(brought).key == known[0] and RunSpec.make("pretrain").key != known[1]
    for kind, text in (("pretrain", "a" * 63), ("pretrain", 7), ("pretrain", "A" * 64), ("finetune", "a" * 64)):
        with pytest.raises(InputError, match="import the file of a source"):
            RunSpec.make(kind, origin=text)


def test_a_pretraining_may_name_what_it_is_probed_on_and_a_fine_tuning_may_not():
    assert (
        RunSpec.make("pretrain", probe="digits").probe == "digits"
        and RunSpec.make("pretrain", probe="").key == RunSpec.make("pretrain").key
    )
    with pytest.raises(InputError, match="is measured on its own target: leave probe out"):
        RunSpec.make("finetune", probe="digits")
    with pytest.raises(InputError, match="no data set 'nist': did you mean mnist"):
        RunSpec.make("pretrain", probe="nist")


def test_a_change_of_any_field_is_tried():
    assert set(CHANGES) == {each.name for each in fields(RunSpec)}


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_is_in_the_key(field):
    assert replace(TUNED, **CHANGES[field]).key != TUNED.key


@pytest.mark.parametrize("field", [each.name for each in fields(RunSpec) if each.name not in ("kind", "source")])
def test_every_field_of_the_source_is_in_the_key(field):
    own = {"knobs": {"knobs": {**SOURCE.knobs, "per_class": 89}}, "labels_per_class": {"labels_per_class": 7}, "seed": {"seed": 2}}
    change = own.get(field, CHANGES[field])
    changed = replace(SOURCE, **change)
    assert replace(TUNED, source=changed).key != TUNED.key


def test_the_same_training_has_the_same_key_whatever_it_is_called():
    probe, frozen = (
        RunSpec.make("finetune", source=SOURCE, dataset="mnist", labels_per_class=5, **given)
        for given in ({"strategy": "linear_probe"}, {"strategy": "freeze", "frozen": 4, "body_rate": 0.5})
    )
    assert probe != frozen and probe.key == frozen.key
    tuned = RunSpec.make("finetune", source=SOURCE, dataset="mnist", labels_per_class=5, strategy="full")
    assert tuned.key == RunSpec.make("finetune", source=SOURCE, dataset="mnist", labels_per_class=5, strategy="freeze", frozen=0).key
    assert tuned.key != probe.key


def test_the_key_says_with_what_it_was_computed(monkeypatch):
    key = TUNED.key
    assert len(key) == 32 and replace(TUNED).key == key
    monkeypatch.setattr(module, "RESULTS", module.RESULTS + 1)
    results = replace(TUNED).key
    monkeypatch.undo()
    versions = module.versions()
    monkeypatch.setattr(module, "versions", lambda: versions | {"keras": "4.0.0"})
    keras = replace(TUNED).key
    monkeypatch.setattr(module, "versions", lambda: versions | {"tensorflow": "3.0.0"})
    tensorflow = replace(TUNED).key
    assert len({key, results, keras, tensorflow}) == 4


def test_versions_are_read_without_loading_anything():
    assert set(module.versions()) == {"keras", "tensorflow"}
    assert all(version[0].isdigit() for version in module.versions().values())


def test_a_whole_number_and_its_decimal_are_one_question():
    assert RunSpec.make("finetune", labels_per_class=5.0, learning_rate=1).key == RunSpec.make(
        "finetune", labels_per_class=5, learning_rate=1.0
    ).key  # fmt: skip


# --- in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "title"),
    [
        (SOURCE, "cnn-small, supervised on glyphs, seed 1"),
        (TUNED, "cnn-small, pretrained on glyphs, head only, then everything tuned gently, 5 labels a class of mnist, seed 0"),
        (RunSpec.make("finetune", labels_per_class=1), "cnn-small, from scratch, 1 label a class of mnist, seed 0"),
        (
            RunSpec.make("finetune", source=RunSpec.make("pretrain", objective="autoencoder"), strategy="full"),
            "cnn-small, pretrained on glyphs (autoencoder), everything tuned, all labels of mnist, seed 0",
        ),
    ],
)
def test_a_spec_in_words(spec, title):
    assert spec.title == title


# --- refused --------------------------------------------------------------------------------------------------------

MISTAKES = [
    ("sideways", {}, "There is no kind of run 'sideways': choose pretrain or finetune."),
    ([], {}, "There is no kind of run '[]': choose pretrain or finetune."),
    ("pretrain", {"source": SOURCE}, "Pretraining starts from nothing: leave out source and strategy, or fine-tune instead."),
    ("pretrain", {"strategy": "full"}, "Pretraining starts from nothing: leave out source and strategy, or fine-tune instead."),
    (
        "finetune",
        {"objective": "autoencoder"},
        "Fine-tuning names classes or tells a number: choose supervised or regression, not autoencoder.",
    ),
    ("finetune", {"strategy": "full"}, "The strategy full needs a source: pretrain one first, or choose scratch."),
    ("finetune", {"strategy": "scratch", "source": SOURCE}, "The strategy scratch uses no source: leave the source out."),
    ("finetune", {"source": TUNED}, "A source is a pretraining: choose a run of that kind."),
    (
        "finetune",
        {"source": SOURCE, "backbone": "cnn-medium"},
        "The source is a cnn-small, not a cnn-medium: leave the backbone out, or choose another source.",
    ),
    (
        "finetune",
        {"source": SOURCE, "normalization": "none"},
        "The source has normalization batch, not none: leave it out, or choose another source.",
    ),
    ("finetune", {"source": SOURCE, "image": (8, 8, 1)}, "The source sees images of (28, 28, 1), not (8, 8, 1): leave the image out."),
    (
        "finetune",
        {"labels_per_class": 301},
        "Labels per class is 301, but mnist has 300 of each class to learn from: choose 1 to 300.",
    ),
    ("finetune", {"labels_per_class": 0}, "Labels per class is 0: choose a whole number from 1 to 100000."),
    ("finetune", {"epochs": 0}, "Epochs is 0: choose a whole number from 1 to 2000."),
    ("finetune", {"learning_rate": float("nan")}, "Learning rate is nan: choose a number from 1e-06 to 1e+06."),
    ("finetune", {"source": SOURCE, "strategy": "freeze", "frozen": 5}, "Frozen blocks is 5, but this backbone has 4: choose 0 to 4."),
]


TABLE, TEACHER = RunSpec.make("pretrain", dataset="diabetes"), RunSpec.make("pretrain", dataset="digits", backbone="cnn-medium")
TAUGHT = RunSpec.make("pretrain", source=TEACHER, objective="distillation")
TOLD = {"dataset": "shapes", "objective": "regression"}
MISTAKES += [
    ("pretrain", {"objective": "distillation"},
     "The objective distillation needs a teacher: give source, a supervised pretraining on the same data."),
    ("pretrain", {"objective": "distillation", "source": TAUGHT},
     "A teacher is a net that names the classes of the same data: choose a supervised pretraining."),
    ("pretrain", {"objective": "distillation", "source": TEACHER, "dataset": "mnist"},
     "The teacher learned from dataset digits, not mnist: teach on the same data, or choose another teacher."),
    ("pretrain", {"objective": "distillation", "source": TEACHER, "view": "noisy"},
     "The teacher learned from view plain, not noisy: teach on the same data, or choose another teacher."),
    ("pretrain", {"objective": "distillation", "source": TEACHER, "watch_source": True},
     "There is no source whose forgetting could be watched: choose a source, or leave watch_source out."),
    ("pretrain", {"objective": "regression", "dataset": "mnist"},
     "regression needs a number to tell, and of mnist none is known: choose shapes or diabetes, or another objective."),
    ("pretrain", {"objective": "simclr", "dataset": "wine"},
     "simclr needs pictures, and wine is a table: choose mnist, digits, glyphs or shapes, or another objective."),
    ("pretrain", {"dataset": "wine", "backbone": "cnn-small"},
     "The net cnn-small looks for patterns of neighbouring pixels, and the columns of wine have no neighbours: choose mlp."),
    ("pretrain", {"dataset": "wine", "image": (8, 8, 1)},
     "A row of wine is an image of (1, 13, 1), and its columns cannot be stretched: leave the image out."),
    ("pretrain", {"dataset": "wine", "probe": "mnist"},
     "A net that reads wine cannot read mnist, for one of them is a table: choose another probe."),
    ("finetune", {"dataset": "mnist", "source": TABLE},
     "A net that reads diabetes cannot read mnist, for one of them is a table: choose another target, or another source."),
    ("finetune", {"dataset": "wine", "source": TABLE},
     "A net that reads diabetes cannot read wine, for one of them is a table: choose another target, or another source."),
    ("finetune", {"dataset": "diabetes", "source": TABLE, "strategy": "adapter"},
     "The strategy adapter stands beside convolutions, and mlp has none: choose lora."),
    ("finetune", {**TOLD, "head": "centroid"},
     "A head that starts from centroid names classes, and regression has none: leave the head out."),
    ("finetune", {**TOLD, "source": SOURCE, "head": "source"},
     "There is no source with a head for this number: choose a source that learned regression, or leave the head out."),
    ("finetune", {"source": RunSpec.make("pretrain", **TOLD), "watch_source": True},
     "A source trained as regression names no classes that could be forgotten: choose a supervised one."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given", "sentence"), MISTAKES)
def test_a_mistake_is_told_in_a_sentence(kind, given, sentence):
    assert refused(RunSpec.make, kind, **given) == sentence


@pytest.mark.parametrize(
    "image", [3, "28x28", (28, 28), (28, 28, 2), (3, 28, 1), (28.0, 28, 1), (28, 28, True), None, (28, 28, 1, 1), ["a"] * 3, [[]] * 3]
)
def test_an_image_that_is_none_is_refused(image):
    if image is None:
        assert RunSpec.make("pretrain", image=None).image == (28, 28, 1)
    else:
        assert "give height and width of at least 4 pixels and 1 or 3 channels." in refused(RunSpec.make, "pretrain", image=image)
        assert refused(RunSpec.make, "finetune", source=SOURCE, image=image).startswith("Image is ")


@pytest.mark.parametrize("extra", ["wheels", "cls", "self", "kind", "source2", "x" * 1000, "frozen"])
def test_a_setting_that_there_is_not_is_refused_with_those_there_are(extra):
    sentence = refused(RunSpec.make, "finetune", **{extra: 1})
    assert sentence.startswith(f"There is no setting {extra[:40]!r} here: choose among dataset, backbone,") and len(sentence) < 300


NO_SPECS = [
    "", "nonsense", "[]", "3", "null", '"x"', '{"knobs": []}', '{"knobs": {"dataset": "mnist"}}', '{"knobs": {"kind": "pretrain"}}',
    '{"knobs": {"source": {}}}', '{"source": []}', '{"source": "glyphs"}', "[" * 100_000, '{"source": {"source": {"source": {}}}}',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_SPECS, ids=lambda text: text[:40])
def test_what_is_no_spec_is_refused_with_what_one_is(text):
    assert refused(RunSpec.from_json, text) == "This is not a run: give a JSON object with kind, dataset and what else should differ."


@pytest.mark.parametrize(
    "plain",
    [
        {"kind": []}, {"dataset": ["mnist"]}, {"dataset": None}, {"strategy": {}}, {"seed": "1"}, {"seed": []}, {"image": 1}, {"cls": 1},
        {"labels_per_class": "5"}, {"knobs": {"wheels": 1}}, {"source": {"kind": "finetune"}}, {"source": {"source": {}}}, {"epochs": 1e400},
    ],
)  # fmt: skip
def test_whatever_a_file_says_the_refusal_is_a_sentence(plain):
    assert refused(RunSpec.from_plain, plain).endswith(".")


# --- teachers, tables and numbers -----------------------------------------------------------------------------------


def test_a_student_takes_its_data_from_its_teacher_and_nothing_else():
    noisy = RunSpec.make("pretrain", dataset="digits", view="noisy", backbone="cnn-medium", image=(16, 16, 1), normalization="none")
    student = RunSpec.make("pretrain", source=noisy, objective="distillation")
    assert (student.dataset, student.knobs["view"]) == ("digits", "noisy")
    assert (student.backbone, student.image, student.knobs["normalization"], student.strategy) == (
        "cnn-small",
        (8, 8, 1),
        "batch",
        "scratch",
    )


def test_the_teacher_is_in_the_key_and_in_the_title():
    other = RunSpec.make("pretrain", source=replace(TEACHER, epochs=9), objective="distillation")
    assert other.key != TAUGHT.key
    assert TAUGHT.title == "cnn-small, distillation on digits, taught by cnn-medium, seed 0"


def test_a_student_of_another_seed_has_a_teacher_of_another_seed():
    from tlcore.studies import arm_spec

    spec = arm_spec(TAUGHT, 3, False, "lp_ft", {"dataset": "mnist"})
    assert (spec.source.seed, spec.source.source.seed) == (3, 3) and spec.source.source.backbone == "cnn-medium"


def test_a_table_is_read_by_the_net_that_can_and_for_longer():
    assert (TABLE.backbone, TABLE.image, TABLE.epochs) == ("mlp", (1, 10, 1), 40)
    assert RunSpec.make("finetune", dataset="diabetes").backbone == "mlp"
    assert RunSpec.make("finetune", source=TABLE, dataset="diabetes", objective="regression").title == (
        "mlp, pretrained on diabetes, head only, then everything tuned gently, all labels of diabetes, regression, seed 0"
    )


def test_a_number_is_another_question_than_a_class():
    named, told = (RunSpec.make("finetune", dataset="diabetes", objective=each) for each in ("supervised", "regression"))
    assert named.key != told.key


def test_a_study_compares_accuracies():
    from tlcore.studies import Study

    assert refused(Study.make, "arms", source=TABLE, dataset="diabetes", objective="regression") == (
        "A study compares accuracies, and regression names no classes: leave objective out."
    )
