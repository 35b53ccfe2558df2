"""One warm dispatcher for all tests of the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.rig import Engine, born


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The one warm dispatcher."""
    engine = born(tmp_path_factory.mktemp("engine"))
    engine.start()
    engine.ready()
    yield engine
    engine.end()
    engine.store.close()


@pytest.fixture
def engine(warm: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The same, alive and with nothing to do, for one test."""
    monkeypatch.setenv("TLCORE_HOME", str(warm.home))
    if warm.process is None or warm.process.poll() is not None:
        warm.start()
    warm.ready()
    yield warm
    for run in warm.store.runs(limit=500):
        if run.live:
            warm.store.stop(run.id)
    warm.until(lambda: not warm.store.held(), "all runs have stopped")
