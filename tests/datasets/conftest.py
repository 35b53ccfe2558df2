import pytest

from tlcore.datasets import DATASETS, prepare


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A data folder with every data set in it, as its defaults make it."""
    home = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
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
