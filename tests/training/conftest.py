"""One small data set, one small net: its graphs are traced once a session, and a spec is trained once."""

from dataclasses import replace

import pytest

from tlcore.spec import RunSpec
from tlcore.strategies import STRATEGIES
from tlcore.training import Silent, train


class Kept(Silent):
    """A recorder that keeps rows and checkpoints, and wishes to stop when it was asked often enough."""

    def __init__(self, patience=None):
        super().__init__()
        self.checkpoints = {}
        self.patience = patience

    def checkpoint(self, epoch, arrays):
        self.checkpoints[epoch] = dict(arrays)

    def wish(self):
        if self.patience is not None:
            self.patience -= 1
        return "stop" if self.patience is not None and self.patience < 0 else None

    @property
    def numbers(self):
        """The rows without the time they took."""
        return [{name: value for name, value in row.items() if name != "seconds"} for row in self.rows]


@pytest.fixture
def kept():
    return Kept


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("training")


@pytest.fixture(autouse=True)
def home(folder, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(folder))


@pytest.fixture(scope="session")
def pretraining():
    """The source that the runs of these tests start from."""
    return RunSpec.make("pretrain", dataset="digits", labels_per_class=40, epochs=2, batch_size=64, learning_rate=2e-3)


@pytest.fixture(scope="session")
def tuned(pretraining):
    """Makes the spec of a short run of a strategy on five labels a class."""

    def spec(strategy, **given):
        source = pretraining if STRATEGIES[strategy].facts["needs_source"] else None
        settings = {"dataset": "digits", "labels_per_class": 5, "epochs": 4, "batch_size": 16, "learning_rate": 3e-3, **given}
        return RunSpec.make("finetune", source=source, strategy=strategy, **settings)

    return spec


@pytest.fixture(scope="session")
def trained():
    """Trains a spec, its source first; the same spec is trained once a session."""
    known = {}

    def outcome(spec):
        if spec.key not in known:
            known[spec.key] = train(spec, Silent(), outcome(spec.source).weights if spec.source else None)
        assert known[spec.key].error is None
        return known[spec.key]

    return outcome


@pytest.fixture(scope="session")
def seasoned(pretraining):
    """A source that has been trained until BatchNorm's statistics are right; its head was drawn otherwise than those of the runs."""
    return replace(pretraining, epochs=10, seed=1)


@pytest.fixture
def origin(trained, seasoned):
    """The weights of the seasoned source."""
    return trained(seasoned).weights


@pytest.fixture
def source(trained, pretraining):
    """The weights of the source model."""
    return trained(pretraining).weights


@pytest.fixture
def alike():
    """Whether two sets of weights agree to the last bit, in the variables whose path begins with one of some words."""

    def same(one, other, *words):
        paths = [path for path in one if path.startswith(words or "")]
        assert paths
        return all(one[path].tobytes() == other[path].tobytes() for path in paths)

    return same
