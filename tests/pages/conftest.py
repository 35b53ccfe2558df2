"""A lab with something in every state: a real store in a folder of its own, filled as a worker would fill it.

The folder is made once for all tests and copied for each, so that every test may change what it likes.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.stand_in import StandIn, summary
from tlcore import datasets
from tlcore.spec import RunSpec
from tlcore.store import Lease, Run, Store, StudyRecord
from tlcore.studies import Study

ROOT = Path(__file__).parents[2]
LETTERS = {"scripts": ("greek",), "per_class": 10}  # a set of glyphs that is drawn in a blink
UNDONE = ("queued", "running", "stopped", "failed", "interrupted")
LOG = "Epoch 1 done\nTraceback (most recent call last):\n  File ...\nMemoryError: no room for 7 GB"


@dataclass
class Lab:
    """A data folder with runs; ``runs`` and ``studies`` lead from a name to an id."""

    home: Path
    runs: dict[str, str] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store that the pages see."""
        from tlcore import jobs

        return jobs.store()

    @property
    def worker(self) -> StandIn:
        """Someone who trains."""
        return StandIn(self.store)

    def lease(self, name: str) -> Lease:
        """The right to train the run of that name, as its worker has it."""
        run = self.run(name)
        return Lease(run.id, run.attempt, run.worker or "")

    def run(self, name: str) -> Run:
        """The run of that name as it stands now."""
        found = self.store.run(self.runs[name])
        assert found is not None
        return found

    def study(self, name: str) -> StudyRecord:
        """The study of that name as it stands now."""
        found = self.store.study(self.studies[name])
        assert found is not None
        return found

    def page(self, file: str, **params: str) -> AppTest:
        """A page as a visitor first sees it, with these query parameters; fails on a traceback."""
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        if file != "app.py":
            app.switch_page(file)
        for name, value in params.items():
            app.query_params[name] = value
        return self.calm(app.run())

    @staticmethod
    def calm(app: AppTest) -> AppTest:
        """The page, if it shows no traceback."""
        assert not app.exception, [f"{each.message}\n{chr(10).join(each.stack_trace)}" for each in app.exception]
        return app

    @staticmethod
    def address(app: AppTest, name: str) -> str:
        """A parameter of the page's address."""
        found = app.query_params[name]
        return found if isinstance(found, str) else found[0]

    @staticmethod
    def said(app: AppTest) -> str:
        """All text that the page says, outside the sidebar."""
        names = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code", "arrow_table")
        texts = [str(getattr(each, "value", "")) for name in names for each in app.main.get(name)]
        said = "\n".join(
            [*texts, *(each.proto.body for each in app.main.get("html")), *(each.proto.text for each in app.main.get("progress"))]
        )
        return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="session", autouse=True)
def _streamlit() -> Iterator[None]:
    """Show whole tracebacks; spare each page the search of all installed packages for components: the lab registers its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
        patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
        yield


@pytest.fixture(scope="module", autouse=True)
def _still_heap() -> Iterator[None]:
    """What TensorFlow's tests left in the process is not looked through for garbage at every page that is drawn."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    home = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        patch.delenv("TLCORE_STORE", raising=False)
        for name, knobs in {"mnist": {}, "digits": {}, "glyphs": LETTERS}.items():
            datasets.prepare(name, knobs)
        lab = Lab(home)
        store = Store()
        _fill(lab, store)
        store.close()
    return lab


@pytest.fixture
def lab(_template: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A copy of the filled lab."""
    home = tmp_path / "home"
    shutil.copytree(_template.home, home)
    yield from _opened(Lab(home, dict(_template.runs), dict(_template.studies)), monkeypatch)


@pytest.fixture
def empty_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A data folder in which nothing is."""
    yield from _opened(Lab(tmp_path / "empty"), monkeypatch)


def _opened(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("TLCORE_HOME", str(lab.home))
    monkeypatch.setenv("TLCORE_ENGINE", "off")
    monkeypatch.setenv("KERAS_HOME", str(lab.home / "keras"))  # what somebody has fetched with Keras is not known here
    monkeypatch.delenv("TLCORE_STORE", raising=False)
    monkeypatch.delenv("TLCORE_MIRROR", raising=False)
    yield lab
    lab.store.close()


# --- filling it, through the workers' side of the store -------------------------------------------------------------


def source(seed: int = 0, **given: Any) -> RunSpec:
    """A small source recipe."""
    return RunSpec.make("pretrain", dataset="glyphs", epochs=4, seed=seed, **LETTERS, **given)


def target(strategy: str = "lp_ft", seed: int = 0, **given: Any) -> RunSpec:
    """A small fine-tuning from it, or from scratch."""
    parent = None if strategy == "scratch" else source()
    return RunSpec.make(
        "finetune", source=parent, dataset="digits", strategy=strategy, seed=seed, **{"labels_per_class": 5, "epochs": 6, **given}
    )


def _fill(lab: Lab, store: Store) -> None:
    worker = StandIn(store)
    lab.runs["source"] = worker.finished(source(), accuracy=0.93, seconds=21.4)
    lab.runs["autoencoder"] = worker.finished(source(objective="autoencoder"), accuracy=None, seconds=18.0)
    lab.runs["finished"] = worker.finished(target(), accuracy=0.884, seconds=4.2)
    lab.runs["other seed"] = worker.finished(target(seed=1), accuracy=0.871, seconds=4.1)
    lab.runs["scratch"] = worker.finished(target("scratch"), accuracy=0.65, seconds=6.3)
    lab.runs["quick"] = worker.finished(target("linear_probe"), accuracy=0.83, seconds=0.4)
    _studies(lab, store, worker)
    lab.runs["stopped"] = worker.ended(target("full", seed=7), "stopped", epochs=3)
    lab.runs["failed"] = worker.ended(
        target(learning_rate=900.0),
        "failed",
        epochs=1,
        error="The loss was no longer a number in epoch 2: choose a learning rate below 900.",
    )
    (store.folder_of(lab.runs["failed"]) / "log.txt").write_text(LOG)
    lab.runs["interrupted"] = worker.ended(
        target(seed=2), "interrupted", epochs=2, error="The worker was killed twice: resume goes on from epoch 2."
    )
    lab.runs["running"] = worker.running(target("full", seed=3), epochs=2)
    lab.runs["starting"] = worker.running(target("surgical"), epochs=0)
    lab.runs["queued"] = store.submit(target(seed=4)).id


GIVEN = {"dataset": "digits", "labels_per_class": 5, "epochs": 6, "seeds": 2, "fix_source": True}
QUESTIONS = {"arms": 10, "freezing": 20, "label_budget": 2, "forgetting": 40}  # and labels that tell the studies of a question apart
GOALS = {"scratch": 0.65, "scratch_long": 0.7, "linear_probe": 0.83, "full": 0.75, "lp_ft": 0.88, "random_frozen": 0.5, "self": 0.6}


def question(name: str, **given: Any) -> Study:
    """A small study; ``labels_per_class`` is the most labels where those vary."""
    settings = {"source": source(), **GIVEN, **given}
    if name == "label_budget":
        settings["most"] = settings.pop("labels_per_class")
    return Study.make(name, **settings)


def _studies(lab: Lab, store: Store, worker: StandIn) -> None:
    """Finished ones of every question, one of which a part is there, and every question with a run in every other state."""
    lab.studies["finished"] = _answered(store, worker, question("arms"))
    part = store.submit_study(question("freezing", labels_per_class=3, controls=False))
    lab.studies["part"] = part.id
    for member in store.members(part.id)[:2]:
        worker.finished(member.run.spec, 0.7, seconds=3.0)
    lab.runs["member"] = store.members(part.id)[2].run.id
    for place, state in enumerate(UNDONE, start=1):
        lab.runs[f"source {state}"] = _in_state(store, worker, source(seed=place), state)
        for name, labels in QUESTIONS.items():
            more = {"freezing": {"controls": False}, "label_budget": {"epochs": 6 + place}}.get(name, {})
            study = question(name, labels_per_class=labels + place, seeds=1, **more)
            lab.studies[f"{name} {state}"] = _study_in_state(store, worker, study, state)


def _answered(store: Store, worker: StandIn, study: Study, spread: float = 0.01) -> str:
    """A finished study with its answer. spread: how far apart seeds are, in turns up and down for probe-then-tune."""
    record = store.submit_study(study)
    for run in store.sources(record.id):
        if run.state == "queued":
            worker.finished(run.spec, 0.9, seconds=2.0)
    for member in store.members(record.id):
        if member.run.state == "queued":
            turn = member.seed if spread < 0.1 else (-1) ** member.seed * (member.arm == "lp_ft")
            depth = 0.01 * (member.frozen or 0) + (
                0.001 * (member.run.spec.labels_per_class or 0) if study.question == "label_budget" else 0.0
            )
            worker.finished(member.run.spec, GOALS.get(member.arm, 0.7) + spread * turn + depth, seconds=3.0)
    summary(store, record.id)
    return record.id


@pytest.fixture
def answered(lab: Lab) -> Callable[..., str]:
    """Makes a finished study of a question in the lab; returns its id."""
    return lambda name, spread=0.01, **given: _answered(lab.store, lab.worker, question(name, **{"epochs": 5, **given}), spread)


def _in_state(store: Store, worker: StandIn, spec: RunSpec, state: str) -> str:
    if state == "queued":
        return store.submit(spec).id
    if state == "running":
        return worker.running(spec, epochs=2)
    why = {"failed": "The disk is full: free some space, then try again.", "interrupted": "The worker was killed twice."}
    return worker.ended(spec, state, epochs=2, error=why.get(state))


def _study_in_state(store: Store, worker: StandIn, study: Study, state: str) -> str:
    """Its first run is measured and its second is what the state says; nothing is, while it waits."""
    record = store.submit_study(study)
    if state == "queued":
        return record.id
    first, second, *_ = store.members(record.id)
    worker.finished(first.run.spec, 0.6, seconds=3.0)
    if state != "stopped":
        _in_state(store, worker, second.run.spec, state)
    if state != "running":
        store.stop_study(record.id)
    return record.id
