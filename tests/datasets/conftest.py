import pytest

from tests.datasets import tiny
from tlcore.datasets import DATASETS, prepare


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A folder with tiny files of every data set that is downloaded, and the table that knows them."""
    place = tmp_path_factory.mktemp("mirror")
    return place, tiny.mirror(place)


@pytest.fixture
def mirror(published, monkeypatch):
    """The same as the mirror of one test."""
    tiny.mirrored(monkeypatch, *published)
    return published[0]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, published):
    """A data folder with every data set in it, as its defaults make it; of those that are downloaded, tiny ones."""
    home = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        tiny.mirrored(patch, *published)
        for entry in DATASETS:
            prepare(entry.name)
    return home


@pytest.fixture
def prepared(shelf, monkeypatch):
    """The same for one test that only reads."""
    monkeypatch.setenv("TLCORE_HOME", str(shelf))
    return shelf


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty data folder."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    return tmp_path
