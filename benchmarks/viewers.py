"""Twenty people watch one run that trains: what they wait for an update of its page, and what the training loses by them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event, Thread

import numpy as np

from benchmarks.screen import Server, Visitor, serving, visiting
from benchmarks.start import until
from benchmarks.table import Figure
from benchmarks.witness import Engine
from tlcore import jobs
from tlcore.clock import tick
from tlcore.spec import RunSpec

VIEWERS = 20
PULSE = 1.0  # seconds between two updates of a page
WINDOW = 12.0  # seconds of training that are compared
ROUNDS = 5


@dataclass
class Viewer:
    """One tab on the run's page; while they watch, it asks for what moves as often as the page says, as the browser does."""

    visitor: Visitor
    query: dict[str, str]
    offset: float
    watch: Event
    over: Event
    seconds: list[float] = field(default_factory=list)
    fault: Exception | None = None

    def live(self) -> None:
        """Until it is over; kept is how long each update took."""
        try:
            while not self.over.is_set():
                self.watch.wait(1.0)
                if self.watch.is_set():
                    time.sleep((self.offset - tick()) % self.visitor.interval)
                    self._update()
        except Exception as error:  # noqa: BLE001 - it is told by who waits for the thread
            self.fault = error

    def _update(self) -> None:
        for fragment in tuple(dict.fromkeys(self.visitor.fragments)):
            begun = tick()
            self.visitor.update("runs", self.query, fragment)
            self.seconds.append(tick() - begun)


@dataclass(frozen=True)
class Round:
    """Epochs a second alone and while all watch; the share of a core that the server and the clients took then."""

    alone: float
    watched: float
    server: float
    clients: float


def figures(warm: Engine, spec: RunSpec) -> list[Figure]:
    """Two rows: an update's p95, and how much slower the run trains."""
    run = jobs.submit(spec)
    warm.trains(run.id, 3)
    with serving(warm.home) as server, ExitStack() as stack:
        watch, over = Event(), Event()
        viewers = list(_open(server, stack, run.id, watch, over))
        _again(viewers)
        threads = [Thread(target=viewer.live, daemon=True) for viewer in viewers]
        for thread in threads:
            thread.start()
        rates = [_round(warm, run.id, watch, server) for _ in range(ROUNDS)]
        over.set()
        for thread in threads:
            thread.join(60)
    epochs = warm.store.epochs(run.id)
    warm.stop(run.id)
    if faults := [viewer.fault for viewer in viewers if viewer.fault]:
        raise faults[0]
    return _told(viewers, rates, len(epochs), statistics.median(row["seconds"] for row in epochs[1:]))


def _told(viewers: list[Viewer], rates: list[Round], epochs: int, epoch: float) -> list[Figure]:
    seconds = [each for viewer in viewers for each in viewer.seconds]
    slowed = 100 * (1 - statistics.median(each.watched / each.alone for each in rates))
    p95 = 1000 * float(np.percentile(seconds, 95))
    where = "server, worker and the clients that speak the browser's protocol on one machine"
    often = f"every {viewers[0].visitor.interval:g} s each, as the page asks for so many"
    many = f"{len(seconds)} updates, {often}, median {1000 * statistics.median(seconds):.0f} ms"
    how = f"{many}; {where}; up to {epochs} epochs of {1000 * epoch:.0f} ms"
    used = [100 * statistics.median(each) for each in ([each.server for each in rates], [each.clients for each in rates])]
    beside = f"median of {ROUNDS} pairs of {WINDOW:g} s in turns; the server took {used[0]:.0f} % of a core, the clients beside it {used[1]:.0f} %"
    return [
        Figure(f"{VIEWERS} viewers on one live run: p95 of an update, ms", p95, "<= 300", -300, how),
        Figure("the same, training slowed by, %", slowed, "<= 5", -5, beside),
    ]


def _open(server: Server, stack: ExitStack, run_id: str, watch: Event, over: Event) -> Iterator[Viewer]:
    query = {"run": run_id}
    for place in range(VIEWERS):
        visitor = stack.enter_context(visiting(server))
        visitor.open("runs", query)
        yield Viewer(visitor, query, place * PULSE / VIEWERS, watch, over)


def _again(viewers: list[Viewer]) -> None:
    """Once all are there the page asks each to look less often."""
    for viewer in viewers:
        viewer.visitor.open("runs", viewer.query)
        viewer.offset *= viewer.visitor.interval / PULSE


def _round(warm: Engine, run_id: str, watch: Event, server: Server) -> Round:
    alone = _rate(warm, run_id)
    watch.set()
    time.sleep(PULSE)
    begun, used = tick(), (server.cpu(), time.process_time())
    watched = _rate(warm, run_id)
    passed = tick() - begun
    shares = (server.cpu() - used[0]) / passed, (time.process_time() - used[1]) / passed
    watch.clear()
    time.sleep(PULSE)
    return Round(alone, watched, *shares)


def _rate(warm: Engine, run_id: str) -> float:
    """Epochs a second, from one moment at which an epoch was recorded to another."""
    first, begun = _edge(warm, run_id)
    time.sleep(WINDOW)
    last, ended = _edge(warm, run_id)
    return (last - first) / (ended - begun)


def _edge(warm: Engine, run_id: str) -> tuple[int, float]:
    """The next epoch that is recorded, and when."""
    now = warm.store.run(run_id)
    assert now is not None and now.state == "running", now
    found = until(lambda: (later := warm.store.run(run_id)) and later.epoch > now.epoch and later)
    return found.epoch, tick()
