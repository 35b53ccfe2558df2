"""The command line."""

from __future__ import annotations

import json

import pytest

import tlcore
from tlcore import jobs
from tlcore.__main__ import main
from tlcore.spec import RunSpec

QUICK = {"kind": "finetune", "dataset": "digits", "strategy": "scratch", "labels_per_class": 3, "epochs": 2}


@pytest.fixture(scope="module", autouse=True)
def run(tmp_path_factory):
    """A finished run in a data folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(tmp_path_factory.mktemp("main")))
        yield tlcore.finetune(**{name: value for name, value in QUICK.items() if name != "kind"})


def file(tmp_path, plain):
    path = tmp_path / "spec.json"
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return str(path)


def test_a_known_run_is_answered_at_once(run, tmp_path, capsys):
    assert main(["run", file(tmp_path, QUICK), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == run.id and said["result"]["accuracy"] == run.result.accuracy


def test_without_an_engine_it_says_so(tmp_path, capsys):
    assert main(["run", file(tmp_path, {**QUICK, "seed": 5})]) == 1
    assert capsys.readouterr().err == "The engine is switched off.\n"
    assert main(["stop", str(jobs.store().runs(limit=1)[0].number)]) == 0


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ({"kind": "cook"}, "There is no kind of run 'cook'"),
        ({"kind": "finetune", "epochs": "many"}, "Epochs is 'many'"),
        ({"study": "freezing", "seeds": 0}, "Seeds is 0"),
        ({"study": "nothing"}, "There is no study 'nothing'"),
        ("[]", "This is not a run"),
    ],
)
def test_a_bad_file_is_answered_in_one_sentence(tmp_path, capsys, plain, sentence):
    assert main(["run", file(tmp_path, plain)]) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_a_missing_file_too(capsys):
    assert main(["run", "/nowhere/spec.json"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_list_and_show(run, capsys):
    assert main(["list"]) == 0
    assert "from scratch, 3 labels a class of digits, seed 0" in capsys.readouterr().out
    assert main(["list", "--json", "--limit", "500"]) == 0
    number = next(each["number"] for each in json.loads(capsys.readouterr().out) if each["id"] == run.id)
    assert main(["show", str(number)]) == 0
    assert "Accuracy on the test part" in capsys.readouterr().out
    assert main(["show", run.id, "--json"]) == 0
    assert [row["epoch"] for row in json.loads(capsys.readouterr().out)["history"]] == [0, 1, 2]


@pytest.mark.parametrize("limit", ["0", "-5", "9" * 30])
def test_a_list_of_no_length_is_refused_in_one_sentence(capsys, limit):
    assert main(["list", "--limit", limit]) == 1
    assert "choose a whole number from 1 to 10000" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["999", "nonsense", "../../etc/passwd", "0" * 32, "9" * 40, "-1", "²"])
def test_unknown_runs_are_answered_in_one_sentence(capsys, name):
    assert main(["show", "--", name]) == 1
    assert "There is no run" in capsys.readouterr().err


def test_fetch_prepares_and_refuses(capsys):
    assert main(["data", "fetch", "digits"]) == 0
    assert "1,797 images" in capsys.readouterr().out.replace("1,796", "1,797")
    assert main(["data", "fetch", "digit"]) == 1
    assert "did you mean digits?" in capsys.readouterr().err
    assert main(["data", "fetch", "glyphs", "--knobs", "3"]) == 1
    assert "--knobs is no JSON object" in capsys.readouterr().err


def test_delete_wants_to_know_what(capsys):
    assert main(["delete"]) == 1
    assert "Say what to delete" in capsys.readouterr().err


def test_delete_everything(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    assert main(["data", "fetch", "digits"]) == 0
    assert main(["delete", "--everything"]) == 0
    assert not (tmp_path / "datasets").exists()


def test_a_run_is_deleted(capsys):
    run = tlcore.finetune(dataset="digits", strategy="scratch", labels_per_class=2, epochs=1)
    assert main(["delete", run.id]) == 0
    assert jobs.store().run(run.id) is None


# --- steering -------------------------------------------------------------------------------------------------------


@pytest.fixture
def held():
    """A run on hold, with settings of its own."""
    spec = RunSpec.make("finetune", dataset="digits", strategy="scratch", labels_per_class=3, epochs=3, seed=41)
    held = jobs.submit(spec, hold=True)
    yield str(held.number)
    if (left := jobs.store().run(held.id)) is not None:
        jobs.stop(left.id)
        jobs.delete(left.id)


def test_a_run_is_steered_by_name(held, capsys):
    assert main(["steer", held, "block1", "0"]) == 0
    assert capsys.readouterr().out == f"Run {held}: done, at epoch 0.\n"
    assert main(["steer", held, "speed", "5"]) == 0 and main(["steer", held, "step"]) == 0
    run = jobs.store().numbered(int(held))
    assert (run.speed, run.goal, run.spec.changes[0].name) == (5.0, 1, "block1")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["epochs", "3"], "cannot be changed while this run goes"),
        (["block1", "7"], "Block 1 is 7.0: choose a number from 0 to 1."),
        (["learning_rate"], "Learning rate is None: choose"),
    ],
)
def test_what_cannot_be_steered_is_one_sentence(held, capsys, asked, sentence):
    assert main(["steer", held, *asked]) == 1
    assert sentence in capsys.readouterr().err


def test_a_finished_run_is_forked_and_repeated(run, capsys):
    fork = run.fork(1, block1=0.0)
    assert fork.spec.changes[0].place == (1, 0) and fork.history["loss"].iloc[1] == run.history["loss"].iloc[1]
    number = str(jobs.store().run(fork.id).number)
    assert main(["replay", number]) == 0
    assert capsys.readouterr().out == f"Run {number}, repeated: all {len(fork.weights)} variables are the same to the last bit.\n"
    again = tlcore.finetune(**{**{name: value for name, value in QUICK.items() if name != "kind"}, "changes": [
        {"epoch": 1, "step": 0, "name": "block1", "value": 0.0}]})  # fmt: skip
    assert again.id == fork.id  # its record is its recipe


def test_a_run_that_differs_is_told(run, capsys, monkeypatch):
    kept = jobs.store().load_arrays(run.id, "weights.npz")
    kept["head/logits/bias"] = kept["head/logits/bias"] + 1
    monkeypatch.setattr(type(jobs.store()), "load_arrays", lambda store, run_id, name: kept if name == "weights.npz" else None)
    assert main(["replay", run.id]) == 1
    assert "1 of" in (said := capsys.readouterr().out) and "variables differ, by up to 1" in said


@pytest.mark.parametrize(("given", "sentence"), [(["9", "head=1"], "cannot be forked at epoch 9"), (["1", "head"], "'head' is no change")])
def test_a_fork_that_cannot_be_is_one_sentence(run, capsys, given, sentence):
    assert main(["fork", run.id, *given]) == 1
    assert sentence in capsys.readouterr().err


def test_only_a_finished_run_can_be_repeated(held, capsys):
    assert main(["replay", held]) == 1
    assert "has no weights to compare with" in capsys.readouterr().err


def test_asking_in_python_lets_a_held_run_go(held):
    spec = jobs.store().numbered(int(held)).spec
    run = tlcore.finetune(dataset="digits", strategy="scratch", labels_per_class=3, epochs=3, seed=41)
    assert run.spec == spec and jobs.store().run(run.id).state == "finished"


# --- sources as files -----------------------------------------------------------------------------------------------


def test_a_source_that_comes_with_the_lab_comes_in_and_leaves_as_a_file(tmp_path, capsys):
    from tlcore import ready

    assert main(["ready"]) == 0 and "digits          cnn-small, supervised on digits, seed 0" in capsys.readouterr().out
    assert main(["import", str(ready.file("digits"))]) == 0
    said = capsys.readouterr().out
    assert "imported" in said and "It was imported, made with Keras" in said
    number = str(jobs.store().runs(limit=1)[0].number)
    assert main(["export", number, str(tmp_path / "mine.keras")]) == 0
    assert "supervised on digits, seed 0, imported" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "mine.keras"), "--json"]) == 0
    assert str(json.loads(capsys.readouterr().out)["number"]) == number, "it is the one that is there"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["export", "1", "mine.h5"], "mine.h5 does not end in .keras"),
        (["export", "1", "mine.keras"], "only such a one can be exported"),
        (["import", __file__], "is no archive"),
        (["ready", "letters"], "There is no ready source 'letters'"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments, sentence, capsys):
    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err
