"""Tables as images of one row: the way back is true to half a step, and a range depends on no row."""

import numpy as np
import pytest

from tlcore.datasets import DATASETS, find, load, tables

TABLES = [entry.name for entry in DATASETS if "table" in entry.facts]
pytestmark = pytest.mark.usefixtures("prepared")


def rows(name):
    """A table as scikit-learn gives it."""
    from sklearn import datasets

    given = {"scaled": False} if name == "diabetes" else {}
    return getattr(datasets, f"load_{name}")(**given)


@pytest.mark.parametrize("name", TABLES)
def test_the_way_back_is_true_to_half_a_step(name):
    columns, bunch = DATASETS[name].facts["table"], rows(name)
    low, high = np.array(list(columns.values()), float).T
    back = tables.values(DATASETS[name]().images, columns)
    off = np.abs(back - np.clip(bunch.data, low, high)) / (high - low)
    assert bunch.data.shape == back.shape and off.max() <= 0.5 / 255 + 1e-9
    assert (np.abs(bunch.data - np.clip(bunch.data, low, high)) / (high - low)).max() < 0.15, "a range leaves out what is common"


def test_each_value_belongs_to_its_row():
    """Shuffled and split, a row keeps its number: of all patients, the one with this row has it."""
    data, bunch = find("diabetes"), rows("diabetes")
    images = tables.stepped(bunch.data, tables.DIABETES)
    for part in (data.train, data.validation, data.open_test()):
        for place in (0, 7, 20):
            (found,) = np.flatnonzero((images == part.images[place]).all((1, 2, 3)))
            assert bunch.target[found] == part.values[place]
            assert part.labels[place] == np.digitize(part.values[place], tables.THIRDS)


def test_a_set_that_lost_its_numbers_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    data = load("diabetes")
    (data.folder / "values.npy").unlink()
    assert find("diabetes") is None
    assert load("diabetes").train.values.shape == (265,)


def test_the_radius_of_a_shape_is_in_its_pixels():
    part = find("shapes").train
    sizes = part.factors[:, 2]
    medians = [float(np.median(part.values[sizes == size])) for size in range(3)]
    np.testing.assert_allclose(medians, [0.15 * 32, 0.2 * 32, 0.25 * 32], atol=0.1)
