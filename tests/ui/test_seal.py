"""The seal as a table: a row a part, and nothing made up for older runs."""

from __future__ import annotations

from tlcore.spec import RunSpec
from tlcore.ui import seal

LETTERS = RunSpec.make("pretrain", dataset="glyphs")
BLOCKS = [{"name": f"block{place}", "state": "frozen", "drift": 0.0, "statistics": 0.25} for place in range(1, 5)]
RESULT = {
    "blocks": [*BLOCKS, {"name": "head", "state": "moved", "drift": None, "statistics": None}],
    "parameters": {"blocks": [416, 18_688, 37_120, 37_120], "head": 650},
}


def tuned(strategy, **given):
    """A fine-tuning of four blocks."""
    return RunSpec.make("finetune", source=LETTERS, strategy=strategy, labels_per_class=5, **given)


def test_a_row_for_each_part_with_its_first_and_last_gradient():
    rows = seal.parts(tuned("linear_probe"), RESULT, [[0.0, 0.0, 0.0, 0.0, 3.0], [0.0, 0.0, 0.0, None, 1.0]])
    assert [row["part"] for row in rows] == ["1: conv 32", "2: conv 64", "3: conv 64", "4: embedding 64", "head"]
    assert [row["trained"] for row in rows] == ["no", "no", "no", "no", "all"]
    assert (rows[-1]["gradient_first"], rows[-1]["gradient_last"], rows[-1]["parameters"]) == (3.0, 1.0, 650)
    assert rows[0]["statistics"] == 0.25 and rows[-1]["drift"] is None


def test_an_older_run_has_no_rows():
    assert seal.parts(tuned("full"), {"moved": {}}, []) == []
    assert seal.parts(tuned("full"), {"blocks": RESULT["blocks"]}, [])[0]["gradient_first"] is None


def test_what_is_trained_is_said():
    said = {name: seal.trained(tuned(name), 0) for name in ("full", "freeze", "bias_only", "batchnorm_only", "lora", "adapter", "lp_ft")}
    assert said == {
        "full": "all", "freeze": "no", "bias_only": "biases", "batchnorm_only": "normalization",
        "lora": "layers beside it", "adapter": "layers beside it", "lp_ft": "all",
    }  # fmt: skip
    assert seal.trained(tuned("surgical", with_head=False), 4) == "no"


def test_what_was_melted_by_hand_counts_as_trained():
    from tlcore.spec import Place, course

    spec = course.changed(RunSpec.make("finetune", source=RunSpec.make("pretrain"), strategy="linear_probe"), Place(2), "block4", 0.1)
    assert [seal.trained(spec, place) for place in range(5)] == ["no", "no", "no", "all", "all"]
