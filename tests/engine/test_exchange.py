"""Sources that leave as files, come in as files, and come with the lab: what Keras makes of them, and whose key they get."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tlcore import archive, ready
from tlcore.archive import open_archive
from tlcore.archive.zipped import zipped
from tlcore.datasets import load
from tlcore.engine import exchange
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.store import Store, StoreFull

BYTES = 5_000_000  # of all ready sources together
STEADY = 1e-5  # relative: of what is computed before the first step
BEGUN = 0.02  # relative: of the loss after one epoch on another processor, where rounding has grown over 28 steps
CLOSE = 0.04  # of the final accuracy there: 97.2 to 99.1 % were seen with other threads and instructions


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with the data sets that these tests read."""
    home = tmp_path_factory.mktemp("exchange")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        for name in ("digits", "mnist"):
            load(name)
    return home / "datasets"


@pytest.fixture
def store(data, tmp_path, monkeypatch):
    (tmp_path / "datasets").symlink_to(data)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def small():
    """The smallest ready source as a file."""
    return ready.file("digits").read_bytes()


def repacked(content: bytes, **given) -> bytes:
    """The same file, saying something else."""
    known = open_archive(content)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        keras = zipped({name: file.read(name) for name in file.namelist() if not name.startswith("tlcore/")})
    facts = {name: value for name, value in known.facts.items() if name != "layout"}
    return archive.pack(replace(known, facts=facts | given.pop("facts", {}), **given), keras)


# --- what comes with the lab ----------------------------------------------------------------------------------------


def test_all_ready_sources_are_small_and_tell_what_they_are():
    assert sum(ready.file(name).stat().st_size for name in ready.RECIPES) <= BYTES
    assert {path.stem for path in ready.file("digits").parent.glob("*.keras")} == set(ready.RECIPES)
    for name in ready.RECIPES:
        given = open_archive(ready.file(name).read_bytes())
        probe = given.result["probe"]
        assert given.spec == ready.recipe(name) and given.facts["command"] == ready.command(name)
        assert len(given.facts["data"]["id"]) == 64 and set(given.facts["versions"]) == {"keras", "tensorflow"}
        assert probe["dataset"] == ready.PROBE and 0.3 < probe["linear"] <= 1 and given.result["seal"]
        assert [row["epoch"] for row in given.facts["history"]] == list(range(given.spec.epochs + 1))


def test_they_are_what_the_start_page_asks_for():
    from tlcore.studies import first

    wanted = {member.spec.source.key for member in first().members if member.spec.source}
    assert wanted == {ready.recipe(f"glyphs-{seed}").key for seed in range(3)}
    assert ready.recipe("glyphs-vae").key == RunSpec.make("pretrain", dataset="glyphs", objective="vae").key
    with pytest.raises(InputError, match="no ready source 'x': choose digits"):
        ready.recipe("x")


@pytest.mark.parametrize("name", ready.RECIPES)
def test_their_weights_are_those_of_the_net_of_their_recipe(name):
    from tlcore.training.network import network

    given = open_archive(ready.file(name).read_bytes())
    net = network(given.spec, len(given.result["classes"]))
    assert {path: values.shape for path, values in given.weights.items()} == {
        path: tuple(each.shape) for path, each in net.variables.items()
    }


def test_they_are_put_into_a_store_once_and_one_that_was_deleted_stays_away(store):
    assert len(exchange.stock(store)) == len(ready.RECIPES)
    first = store.submit(ready.recipe("glyphs-0"))
    assert first.state == "finished" and first.note.startswith("came with the lab") and first.seconds is None
    assert first.result["probe"]["dataset"] == "mnist" and first.spec.probe == ""
    store.delete(first.id)
    assert exchange.stock(store) == [] and len(store.runs()) == len(ready.RECIPES) - 1
    exchange.stock(store, again=True)
    assert len(store.runs()) == len(ready.RECIPES)


def test_a_run_of_the_same_recipe_that_is_there_is_left_alone(store):
    mine = store.submit(ready.recipe("glyphs-1"))
    exchange.stock(store)
    assert store.run(mine.id).state == "queued" and len(store.runs()) == len(ready.RECIPES)


def test_where_other_versions_are_installed_they_are_not_put(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("tlcore.engine.exchange.drawn_with", lambda name: {"numpy": "99"})
        assert exchange.stock(store) == []
    with monkeypatch.context() as patch:
        patch.setattr("tlcore.spec.key.RESULTS", 99)
        ready.recipe.cache_clear()
        assert exchange.stock(store) == [] and store.remembered(exchange.STOCKED) is None
    ready.recipe.cache_clear()
    assert len(exchange.stock(store)) == len(ready.RECIPES), "they are offered when the versions fit"


def test_a_full_disk_and_a_damaged_file_are_no_reason_not_to_start(store, monkeypatch, tmp_path):
    def full(*_):
        raise StoreFull("The disk is full: free some space, then try again.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_written", full)
        assert exchange.stock(store) == [] and store.runs() == []
    with monkeypatch.context() as patch:
        (tmp_path / "broken.keras").write_bytes(b"PK")
        patch.setattr("tlcore.ready.file", lambda name: tmp_path / "broken.keras")
        assert exchange.stock(store) == []
    assert len(exchange.stock(store)) == len(ready.RECIPES), "what could not be put is put the next time"


def test_the_smallest_is_made_again(store, small, tmp_path):  # the store gives the folder
    """On the same kind of processor to the last bit. On another one rounding is different and grows from step to step: there the start,
    the first epoch and the end are compared."""
    kept, made = open_archive(small), exchange.make("digits", tmp_path / "digits.keras")
    threads = {each.result["threads"] for each in (kept, made)}
    if len(threads) == 1 and kept.facts["machine"] == exchange.machine():
        assert exchange.apart(made, kept) == 0
        assert open_archive((tmp_path / "digits.keras").read_bytes()).digest == kept.digest
    else:
        assert exchange.apart(made, kept) < 1
    for place, within in ((0, STEADY), (1, BEGUN)):
        assert made.facts["history"][place]["val_loss"] == pytest.approx(kept.facts["history"][place]["val_loss"], rel=within)
    assert made.result["accuracy"] == pytest.approx(kept.result["accuracy"], abs=CLOSE)
    assert made.facts["data"] == kept.facts["data"]


# --- out and in -----------------------------------------------------------------------------------------------------


def test_an_import_is_measured_here_and_has_a_key_of_its_own(store, small):
    run = exchange.bring(store, small)
    given = open_archive(small)
    assert (run.state, run.key, run.spec.origin) == ("finished", run.spec.key, given.digest)
    assert run.accuracy == pytest.approx(given.result["accuracy"], abs=2e-3) and run.result["probe"]["dataset"] == "mnist"
    assert run.note.startswith("imported, made with Keras") and "otherwise" not in run.note
    assert store.epochs(run.id)[-1]["epoch"] == 20 and run.epoch == 20
    assert store.submit(given.spec).id != run.id, "the recipe is answered by a training, not by a file"
    assert exchange.bring(store, small).id == run.id, "the same weights are one run"


def test_a_name_travels_with_its_source_and_gives_way_to_one_of_here(store, small):
    named = repacked(small, facts={"name": "Anna's digits"})
    run = exchange.bring(store, named)
    assert run.name == "Anna's digits"
    store.rename(run.id, "mine")
    assert exchange.bring(store, named).name == "mine"


@pytest.mark.parametrize("name", ["x" * 1000, "two\x00", ["a"], 7])
def test_a_name_that_is_none_is_left_out(store, small, name):
    assert exchange.bring(store, repacked(small, facts={"name": name})).name is None


def test_what_a_file_says_of_itself_is_not_believed(store, small):
    boast = repacked(small, facts={"result": {**open_archive(small).result, "accuracy": 1.0, "confusion": "<b>", "blocks": 7}})
    run = exchange.bring(store, boast)
    assert run.accuracy < 1 and run.result["blocks"] != 7 and "the file said otherwise (100.0 %)" in run.note


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda weights: {**weights, "head/logits/bias": np.zeros(3, "float32")}, "do not fit this net at head/logits/bias"),
        (lambda weights: {path: values for path, values in weights.items() if "logits" not in path}, "do not fit this net at head"),
        (lambda weights: {**weights, "x": np.zeros(1)}, "have 'x', which this net has not"),
        (lambda weights: {path: values * np.float32(1e30) for path, values in weights.items()}, "the loss is not a number"),
    ],
)
def test_weights_of_another_net_are_refused_and_nothing_is_kept(store, small, change, sentence):
    with pytest.raises(InputError, match=sentence):
        exchange.bring(store, repacked(small, weights=change(open_archive(small).weights)))
    assert store.runs() == [] and not list(store.home.glob("runs/*"))


def test_a_full_disk_while_it_comes_in_loses_nothing(store, small, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreFull, match="The disk is full"):
            exchange.bring(store, small)
    assert store.runs() == [] and exchange.bring(store, small).state == "finished"


def test_an_export_stands_alone_in_keras_and_comes_back_as_itself(store, small, tmp_path):
    import keras

    exchange.stock(store)
    run = store.submit(ready.recipe("digits"))
    exchange.export(store, run, tmp_path / "own.keras")
    model = keras.saving.load_model(tmp_path / "own.keras")
    test = load("digits").open_test()
    logits = model.predict(test.images, verbose=0)
    assert logits.shape == (539, 10) and model.input_shape == (None, None, None, 1)
    assert (logits.argmax(1) == store.load_arrays(run.id, "arrays.npz")["predictions"]).all()
    large = keras.ops.image.resize(test.images[:2].astype("float32"), (16, 16)).numpy().astype("uint8")
    assert model.predict(large, verbose=0).shape == (2, 10), "images of any size go in"
    given = open_archive((tmp_path / "own.keras").read_bytes())
    assert (given.digest, given.spec, given.facts["history"]) == (open_archive(small).digest, run.spec, store.history(run.id))
    assert given.result == run.result and given.facts["name"] == ""


def test_an_encoder_without_names_leaves_without_its_head(store):
    from tlcore.training.export import model
    from tlcore.training.network import network

    given = open_archive(ready.file("glyphs-vae").read_bytes())
    net = network(given.spec, len(given.result["classes"]))
    net.load(given.weights)
    images = np.random.default_rng(0).integers(0, 255, (3, 28, 28, 1)).astype("uint8")
    alone = model(given.spec, net)
    seen = alone(images)
    assert seen.shape == (3, 64)
    assert (seen.numpy() == alone(images, training=False).numpy()).all(), "a plain call is one in inference mode"
    assert np.allclose(seen, net.forward(net.prepare(images), range(4)), atol=1e-4)


def test_only_a_finished_source_leaves(store, tmp_path):
    run = store.submit(RunSpec.make("pretrain", dataset="digits"))
    with pytest.raises(InputError, match="only such a one can be exported"):
        exchange.export(store, run, tmp_path / "x.keras")
    assert not (tmp_path / "x.keras").exists()
