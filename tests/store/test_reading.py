"""Lists, pages of them, and ids that are none."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert, select

from tests.store import recipes
from tlcore import clock
from tlcore.spec import RunSpec
from tlcore.store import Fenced, Lease, tables
from tlcore.store.records import state_of

NO_IDS = [
    "",
    "0" * 31,
    "0" * 33,
    "Z" * 32,
    "0" * 31 + "\x00",
    "../" * 10 + "..",
    "' OR 1=1 --",
    "A" * 32,
    "\ud800" * 32,
    "٣" * 32,
    "0" * 32,
]


@pytest.mark.parametrize("name", NO_IDS)
def test_what_is_no_id_or_nobodys_is_answered_with_nothing(store, name):
    """Malformed and unknown ids alike, from any address that somebody typed."""
    run = store.submit(recipes.scratch())
    for ask in (store.run, store.study, store.stop, store.stop_study, store.resume, store.resume_study, store.queue_place):
        assert ask(name) is None
    for ask in (store.epochs, store.members, store.sources, store.children, store.studies_of):
        assert ask(name) == []
    assert store.artifacts(name) == {} and store.log(name) == ""
    assert store.load_arrays(name, "weights.npz") is None and store.load_checkpoint(name) is None
    store.delete(name, force=True)
    store.delete_study(name)
    assert [each.id for each in store.runs()] == [run.id]
    assert store.runs()[0].state == "queued"


def test_runs_come_newest_first_and_page_by_page(store):
    asked = [store.submit(recipes.scratch(seed)).id for seed in range(5)]
    page = store.runs(limit=2)
    assert [run.id for run in page] == [asked[4], asked[3]]
    assert [run.id for run in store.runs(limit=2, before=page[-1].number)] == [asked[2], asked[1]]
    assert store.runs(before=store.run(asked[0]).number) == []


def test_runs_by_state_kind_and_data_set(store, worker):
    worker.finished(recipes.target())
    store.submit(recipes.scratch())
    assert [run.strategy for run in store.runs(state="queued")] == ["scratch"]
    assert [run.kind for run in store.runs(kind="pretrain")] == ["pretrain"]
    assert [run.dataset for run in store.runs(dataset="glyphs", state="finished")] == ["glyphs"]
    assert store.runs(state="nonsense") == []


def test_a_run_by_its_number(store):
    run = store.submit(recipes.scratch())
    assert store.numbered(run.number).id == run.id
    assert [store.numbered(number) for number in (0, -1, run.number + 1, 2**31, 2**70)] == [None] * 5


def test_children_of_a_source(store):
    first, second = (store.submit(recipes.target(seed)) for seed in range(2))
    assert [run.id for run in store.children(first.parent)] == [second.id, first.id]
    assert store.children(first.id) == []


def test_places_in_the_queue(store, worker):
    first, second, third = (store.submit(recipes.scratch(seed)).id for seed in range(3))
    assert [store.queue_place(each) for each in (first, second, third)] == [1, 2, 3]
    worker.hold(first)
    assert [store.queue_place(each) for each in (first, second, third)] == [None, 1, 2]


def test_studies_that_wait_for_their_answer(store, worker):
    record = store.submit_study(recipes.study(seeds=1))
    assert store.unanswered() == []
    for member in store.members(record.id):
        worker.finished(member.run.spec)
    assert store.unanswered() == [record.id]
    store.summarize(record.id, {"sentence": "It helped."})
    assert store.unanswered() == []


def test_the_last_lines_of_a_log(store, worker):
    run_id = worker.finished(recipes.scratch())
    assert store.log(run_id) == ""
    store.folder_of(run_id).mkdir(parents=True, exist_ok=True)
    (store.folder_of(run_id) / "log.txt").write_bytes(b"x" * 100_000 + b"\n" + b"\n".join(b"line %d \xff" % place for place in range(50)))
    assert store.log(run_id, lines=2) == "line 48 \ufffd\nline 49 \ufffd"
    assert len(store.log(run_id).splitlines()) == 20


def test_a_reader_sees_one_moment(store, worker):
    """What is written while somebody reads belongs to the next look."""
    store.submit(recipes.scratch(0))
    with store.read() as connection:
        count = select(tables.runs.c.id)
        before = len(connection.execute(count).all())
        store.submit(recipes.scratch(1))
        assert len(connection.execute(count).all()) == before == 1
    assert len(store.runs()) == 2


def test_a_record_reads_its_spec_when_asked(store):
    run = store.submit(recipes.target(strategy="freeze", frozen=3))
    assert isinstance(run.spec, RunSpec) and run.spec.knobs["frozen"] == 3
    assert run.title == run.spec.title and run.result is None and run.live


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({}, "finished"),
        ({"queued": 3}, "queued"),
        ({"queued": 2, "finished": 1}, "running"),
        ({"running": 1, "failed": 1}, "running"),
        ({"finished": 3}, "finished"),
        ({"finished": 2, "stopped": 1}, "stopped"),
        ({"stopped": 2, "interrupted": 1}, "interrupted"),
        ({"interrupted": 1, "failed": 1, "finished": 5}, "failed"),
    ],
)
def test_the_state_of_a_study(counts, state):
    assert state_of(counts) == state


# --- ten thousand runs ----------------------------------------------------------------------------------------------

NOBODY = "0" * 32
LOOKS = {
    "newest": lambda store: store.runs(),
    "next page": lambda store: store.runs(before=5000),
    "by state": lambda store: store.runs(state="finished"),
    "by kind": lambda store: store.runs(kind="pretrain"),
    "by data set": lambda store: store.runs(dataset="digits"),
    "children": lambda store: store.children(NOBODY),
    "one run": lambda store: store.run(NOBODY),
    "epochs": lambda store: store.epochs(NOBODY, after=7),
    "artifacts": lambda store: store.artifacts(NOBODY),
    "members": lambda store: store.members(NOBODY),
    "pending": lambda store: store.pending(),
    "held": lambda store: store.held(),
    "place": lambda store: store.queue_place(NOBODY),
    "wish": lambda store: pytest.raises(Fenced, store.wish, Lease(NOBODY, 1, "nobody")),
    "beat": lambda store: pytest.raises(Fenced, store.beat, Lease(NOBODY, 1, "nobody")),
    "submit": lambda store: store.submit(recipes.scratch()),
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A store with ten thousand finished runs."""
    from tlcore.store import Store

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(tmp_path_factory.mktemp("crowded")))
        patch.delenv("TLCORE_STORE", raising=False)
        store = Store()
        spec = recipes.scratch()
        names = {name: getattr(spec, name) for name in ("kind", "dataset", "backbone", "objective", "strategy", "epochs")}
        common = {**names, "state": "finished", "spec": spec.to_json(), "created": clock.now(), "asked": True, "visitor": "", "epoch": 6}
        with store.write() as connection:
            many = [{"id": f"{place:032x}", "key": f"{place:032x}", "accuracy": place / 1e4, **common} for place in range(10_000)]
            many[-1]["key"] = spec.key
            connection.execute(insert(tables.runs), many)
            measured = [{"run": f"{place:032x}", "epoch": epoch, "loss": 1.0} for place in range(0, 10_000, 10) for epoch in range(20)]
            connection.execute(insert(tables.epochs), measured)
        yield store
        store.close()


@pytest.mark.parametrize("look", LOOKS)
def test_a_crowded_store_finds_by_an_index_and_sorts_nothing(crowded, look):
    """Asked of the database itself, for seconds depend on the machine."""
    asked = []
    event.listen(crowded._engine, "before_cursor_execute", lambda *each: asked.append(each[2:4]))
    LOOKS[look](crowded)
    statements = [(text, values) for text, values in asked if text.startswith(("SELECT", "UPDATE"))]
    assert statements
    with crowded.read() as connection:
        plans = [[row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)] for text, values in statements]
    steps = [step for plan in plans for step in plan if "SUBQUERY" not in step]
    if look == "newest":
        assert steps == ["SCAN runs"]  # by its primary key, from the end, fifty rows
    else:
        assert all(step.startswith("SEARCH") and ("INDEX" in step or "PRIMARY KEY" in step) for step in steps), steps
    if look.startswith("by "):
        assert f"runs_{look[3:].replace(' ', '')}" in steps[0]
    if look == "submit":
        assert "runs_answer" in steps[0]


def test_a_crowded_store_gives_pages_of_fifty(crowded):
    page = crowded.runs()
    assert [run.number for run in page] == list(range(10_000, 9_950, -1))
    assert [run.number for run in crowded.runs(before=51)] == list(range(50, 0, -1))
    assert len(crowded.epochs(f"{0:032x}", after=7)) == 12
