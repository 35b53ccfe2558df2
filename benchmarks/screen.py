"""What the screen costs: a real server, a store of 200 runs, and a visitor who speaks the browser's protocol.

CPU is user and system time of the server's process over many reruns after a warm-up, its idle time taken off: script,
messages and transport, not the browser. Beside it stands what Streamlit itself takes for a page of as many plain lines, so
that a slow machine can be told from a slow page. ``python -m benchmarks.screen`` prints it page by page.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.table import Figure, markdown
from tests.pages.stand_in import StandIn, curve, summary
from tlcore import datasets, jobs
from tlcore.spec import RunSpec
from tlcore.store import Lease, Owner, Store
from tlcore.studies import Study, first

ROOT = Path(__file__).parents[1]
RUNS = 200
WARM, ROUNDS = 8, 25
HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "matplotlib", "mlxtend")
SERVE = """
import signal, sys
from pathlib import Path
from streamlit.web.cli import main
told = Path(sys.argv.pop())
signal.signal(signal.SIGUSR1, lambda *_: told.write_text(" ".join(sys.modules)))
main()
"""
BARE = """
import streamlit as st
for each in range(int(st.query_params["lines"])):
    st.markdown(f"Line {each}.")
"""
Query = Mapping[str, str]


@dataclass
class Server:
    """The lab's server in a process of its own."""

    home: Path
    port: int
    process: psutil.Popen
    idle: float = 0.0  # seconds of CPU in a second in which nobody asks

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Resident megabytes."""
        return float(self.process.memory_info().rss) / 1e6

    def heavy(self) -> list[str]:
        """Which of the heavy modules it has imported."""
        told = self.home / "modules"
        self.process.send_signal(signal.SIGUSR1)
        while not told.exists() or not told.read_text():
            time.sleep(0.05)
        return [name for name in HEAVY if name in told.read_text().split()]

    def cost(self, work: Callable[[], object], rounds: int = ROUNDS) -> float:
        """Milliseconds of CPU that the server spends on one piece of work: the best of three batches, for others on the machine only add."""
        for _ in range(WARM):
            work()
        return min(self._batch(work, rounds) for _ in range(3))

    def rest(self) -> None:
        """Learn what it uses while nobody asks."""
        began, used = time.monotonic(), self.cpu()
        time.sleep(3)
        self.idle = (self.cpu() - used) / (time.monotonic() - began)

    def _batch(self, work: Callable[[], object], rounds: int) -> float:
        began, used = time.monotonic(), self.cpu()
        for _ in range(rounds):
            work()
        passed = time.monotonic() - began
        return max(0.0, self.cpu() - used - self.idle * passed) / rounds * 1000


@dataclass
class Visitor:
    """One tab: asks for pages as the browser does and reads what comes until the script has finished."""

    socket: ClientConnection
    fragments: list[str] = field(default_factory=list)  # those that draw themselves again
    interval: float = 1.0  # seconds after which the page asks to be looked at again
    elements: int = 0  # that the page sent, containers included

    def open(self, page: str, query: Query) -> None:
        """A full run of a page."""
        self.fragments, self.elements = [], 0
        self._ask(page, query)

    def update(self, page: str, query: Query, fragment: str) -> None:
        """One tick of a part that draws itself again."""
        self._ask(page, query, fragment)

    def _ask(self, page: str, query: Query, fragment: str = "") -> None:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string, state.page_name, state.fragment_id, state.is_auto_rerun = urlencode(query), page, fragment, bool(fragment)
        self.socket.send(asked.SerializeToString())
        while not self._finished():
            pass

    def _finished(self) -> bool:
        raw = self.socket.recv(timeout=60)
        assert isinstance(raw, bytes)
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self.fragments.append(message.auto_rerun.fragment_id)
            self.interval = message.auto_rerun.interval
        self.elements += kind in ("delta", "ref_hash")
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            raise RuntimeError(f"The page shows an exception: {message.delta.new_element.exception.message}")
        return bool(kind == "script_finished")


@contextmanager
def visiting(server: Server) -> Iterator[Visitor]:
    """A visitor of the server."""
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        yield Visitor(socket)


@contextmanager
def serving(home: Path, script: str = "app.py") -> Iterator[Server]:
    """A server on a data folder, with the engine said to be ready and switched off."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
    command = [sys.executable, "-c", SERVE, "run", script, *options, str(home / "modules")]
    environment = os.environ | {"TLCORE_HOME": str(home), "TLCORE_ENGINE": "off"}
    process = psutil.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Server(home, port, process)
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError("The server did not start within 30 s.")


@dataclass
class Growing:
    """A live run that has one more epoch whenever it is asked."""

    store: Store
    lease: Lease
    rows: Iterator[dict[str, float]]

    def grow(self) -> None:
        """Record the next epoch."""
        self.store.record_epochs(self.lease, [next(self.rows)])


def fill(home: Path) -> tuple[dict[str, dict[str, str]], Growing]:
    """200 runs in a data folder; returns each page with the query of its fullest view, and the run that is live."""
    os.environ["TLCORE_HOME"] = str(home)
    for name in ("mnist", "digits", "glyphs"):
        datasets.prepare(name)
    store = jobs.store()
    worker, source = StandIn(store), RunSpec.make("pretrain", dataset="glyphs")
    ids = {"study": _study(store, worker, first())}
    asked: dict[str, Any] = {"source": source, "dataset": "mnist", "fix_source": True}
    ids["freezing"] = _study(store, worker, Study.make("freezing", labels_per_class=5, **asked))
    ids["labels"] = _study(store, worker, Study.make("label_budget", most=10, **asked))
    ids["forgetting"] = _study(store, worker, Study.make("forgetting", labels_per_class=5, **asked))
    seed = 0
    while len(store.runs(limit=RUNS)) < RUNS - 1:
        seed += 1
        run = worker.finished(_tuned(source, seed + 1000), 0.8, 2.0)
    spec = _tuned(source, seed + 1001, epochs=2000)
    live = Growing(store, worker.begin(spec), iter(curve(spec, 0.8, 2000)))
    for _ in range(20):
        live.grow()
    ids["run"], ids["live"] = run, live.lease.run
    chosen = ",".join(member.run.id for member in store.members(ids["study"])[:4])
    store.announce(Owner.me(), "ready", "Ready.", 1)
    views = {
        "start": {"study": ids["study"]}, "data": {}, "pretrain": {}, "finetune": {"run": ids["run"]},
        "freezing": {"study": ids["freezing"]}, "labels": {"study": ids["labels"]}, "forgetting": {"study": ids["forgetting"]},
        "runs": {}, "compare": {"runs": chosen},
        "runs: one, finished": {"run": ids["run"]}, "runs: one, live": {"run": ids["live"]},
    }  # fmt: skip
    return views, live


def _tuned(source: RunSpec, seed: int, epochs: int = 40) -> RunSpec:
    return RunSpec.make("finetune", source=source, dataset="mnist", labels_per_class=5, seed=seed, epochs=epochs)


def _study(store: Store, worker: StandIn, study: Study) -> str:
    """A finished study."""
    record = store.submit_study(study)
    for run in [*store.sources(record.id), *(member.run for member in store.members(record.id))]:
        if run.state == "queued":
            worker.finished(run.spec, 0.8, 2.0)
    store.summarize(record.id, summary(store, record.id))
    return record.id


@dataclass(frozen=True)
class Cost:
    """What was measured: milliseconds of CPU per rerun of each page and per update of a live run, megabytes, heavy modules.

    lines: how many elements each page has; bare: milliseconds for as many plain lines as the dearest page has elements.
    """

    pages: dict[str, float]
    lines: dict[str, int]
    bare: float
    update: float
    memory: float
    heavy: list[str]

    @property
    def worst(self) -> str:
        """The dearest page."""
        return max(self.pages, key=lambda view: self.pages[view])


def measure() -> Cost:
    """Open every page, then measure each."""
    with tempfile.TemporaryDirectory(prefix="tlcore-screen-") as folder:
        home = Path(folder)
        views, live = fill(home)
        with serving(home) as server:
            lines = {view: _opened(server, view, query) for view, query in views.items()}
            memory, heavy = server.memory(), server.heavy()
            server.rest()
            pages = {view: _rerun(server, view, query) for view, query in views.items()}
            update = _update(server, views["runs: one, live"], live)
        return Cost(pages, lines, _bare(home, lines[max(pages, key=lambda view: pages[view])]), update, memory, heavy)


def _opened(server: Server, view: str, query: Query) -> int:
    with visiting(server) as visitor:
        visitor.open(_page(view), query)
        return visitor.elements


def _bare(home: Path, lines: int) -> float:
    """Milliseconds of CPU for a page of so many plain lines, and nothing of ours."""
    script = home / "bare.py"
    script.write_text(BARE)
    (home / "modules").unlink(missing_ok=True)
    with serving(home, str(script)) as server, visiting(server) as visitor:
        visitor.open("", {"lines": str(lines)})
        server.rest()
        return server.cost(lambda: visitor.open("", {"lines": str(lines)}))


def _page(view: str) -> str:
    """The page of a view, as the address names it; the start page has no name."""
    name = view.partition(":")[0]
    return "" if name == "start" else name


def _rerun(server: Server, view: str, query: Query) -> float:
    with visiting(server) as visitor:
        return server.cost(lambda: visitor.open(_page(view), query))


def _update(server: Server, query: Query, live: Growing) -> float:
    """An update after each new epoch."""
    with visiting(server) as visitor:
        visitor.open("runs", query)
        (fragment,) = visitor.fragments

        def work() -> None:
            live.grow()
            visitor.update("runs", query, fragment)

        return server.cost(work, rounds=4 * ROUNDS)


def figures() -> list[Figure]:
    """The rows of the table."""
    cost = measure()
    worst = cost.worst
    how = f"a store of {RUNS} runs, {ROUNDS} times after {WARM} to warm up"
    beside = f"{how}; {cost.lines[worst]} plain lines take Streamlit {cost.bare:.3g} ms"
    return [
        Figure("screen: memory after opening all pages, MB", cost.memory, "<= 250", -250, how),
        Figure("screen: heavy modules imported", len(cost.heavy), "none", -0.5, ", ".join(cost.heavy) or "none of " + ", ".join(HEAVY)),
        Figure("screen: CPU per live update of a run page, ms", cost.update, "<= 10", -10, how),
        Figure(f"screen: CPU per full rerun, the dearest page ({worst}), ms", cost.pages[worst], "<= 40", -40, beside),
    ]


def main() -> None:
    """Print page by page what the screen costs."""
    cost = measure()
    worst = cost.worst
    rows = [
        Figure(f"CPU per full rerun of {view}, ms", value, "<= 40", -40, f"{cost.lines[view]} elements")
        for view, value in cost.pages.items()
    ]
    rows += [Figure(f"CPU of Streamlit for {cost.lines[worst]} plain lines, ms", cost.bare, "<= 40", -40, "")]
    rows += [Figure("CPU per live update of a run page, ms", cost.update, "<= 10", -10, "")]
    rows += [Figure("memory after opening all pages, MB", cost.memory, "<= 250", -250, "")]
    print(markdown([*rows, Figure("heavy modules imported", len(cost.heavy), "none", -0.5, ", ".join(cost.heavy))]))


if __name__ == "__main__":
    main()
