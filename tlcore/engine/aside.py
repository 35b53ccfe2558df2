"""Work beside the training: one piece at a time, in a thread, while the graph computes and the disk is waited for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


class Aside:
    """At most one piece of work is on its way; what went wrong with it is raised when it is waited for."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    def begin(self, work: Callable[[], object]) -> None:
        """Do something while the caller goes on, after what was begun before."""
        self.settle()
        self._thread = Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether something that was begun is not done yet."""
        return self._thread is not None and self._thread.is_alive()

    def settle(self) -> None:
        """Wait for what was begun; raise what it raised, once."""
        if self._thread is not None:
            self._thread.join()
        error, self._thread, self._error = self._error, None, None
        if error is not None:
            raise error

    def _do(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
            self._error = error
