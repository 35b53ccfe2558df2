"""The code beside a run asks for exactly that run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tlcore.spec import RunSpec
from tlcore.ui.details import code, facts
from tlcore.ui.settings import settings

LETTERS = RunSpec.make("pretrain", dataset="glyphs", seed=3)
GROUPS = RunSpec.make("pretrain", dataset="mnist", objective="autoencoder", normalization="group", epochs=2, backbone="cnn-medium")
SPECS = (
    LETTERS,
    GROUPS,
    RunSpec.make("pretrain", dataset="glyphs", scripts=("greek", "latin"), per_class=12),
    RunSpec.make("finetune", strategy="scratch", dataset="digits", labels_per_class=2),
    RunSpec.make("finetune", strategy="scratch", dataset="digits", image=(28, 28, 1)),
    RunSpec.make("finetune", source=LETTERS, dataset="mnist", labels_per_class=5, strategy="freeze", frozen=3, learning_rate=0.01),
    RunSpec.make("finetune", source=GROUPS, strategy="surgical", block=5, with_head=False, seed=9),
    RunSpec.make("finetune", strategy="random_frozen", frozen=3, dataset="digits", labels_per_class=2),
    RunSpec.make("finetune", source=LETTERS, patience=5, weight_decay=0.1, watch_source=True, head="probe", penalty=0.1, schedule="cosine"),
    RunSpec.make("finetune", source=LETTERS),
)


@pytest.mark.parametrize("spec", SPECS, ids=[spec.title for spec in SPECS])
def test_the_code_asks_for_the_same_run(spec):
    lab = SimpleNamespace(
        pretrain=lambda **given: RunSpec.make("pretrain", **given),
        finetune=lambda source, **given: RunSpec.make("finetune", source=source, **given),
    )
    known: dict[str, object] = {"tlcore": lab}
    exec(code(spec).removeprefix("import tlcore\n"), known)
    assert known["run"] == spec


@pytest.mark.parametrize("spec", SPECS, ids=[spec.title for spec in SPECS])
def test_every_setting_is_shown_as_text(spec):
    shown = settings(spec)
    assert all(isinstance(value, str) and value and value != "None" for value in shown.values())
    assert shown["Seed"] == str(spec.seed) and shown["Data"] == spec.dataset


def test_strategies_are_called_as_everywhere():
    assert settings(SPECS[-1])["Strategy"] == "Probe, then tune"


def test_the_penalty_stands_apart_from_the_loss_where_there_is_one():
    times = dict.fromkeys(("created", "started", "finished", "seconds"))
    plain, pulled = (SimpleNamespace(**times, attempt=1, result=result) for result in ({}, {"penalty": 0.0123456}))
    assert facts(pulled)["L2-SP penalty at the end (not in the loss)"] == "0.01235"
    assert not any("penalty" in name for name in facts(plain))
