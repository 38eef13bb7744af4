"""Several server processes on one port: started, kept alive, and ended together. For PostgreSQL alone."""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from multiprocessing.context import SpawnProcess
from types import FrameType

from prometheus_client import multiprocess
from structlog.typing import FilteringBoundLogger

from rencai import logs, main
from rencai.config import SettingError
from rencai.listeners import listeners_at
from rencai.main import ServeSettings
from rencai.storage.seam import DatabaseRefused, DatabaseUnusable

LOOK_SECONDS = 0.2
PAUSE_SECONDS = 1.0  # before a worker that died is started again


def serve(settings: ServeSettings) -> None:
    """Run `settings.workers` servers until SIGTERM or SIGINT, then end in order.

    Raises SettingError, DatabaseUnusable and DatabaseRefused before the first listens.
    """
    main.check(settings)
    main.make_ready(settings)
    with contextlib.ExitStack() as held:
        listeners = [
            held.enter_context(listener) for listener in listeners_at(settings.host, settings.port, settings.workers)
        ]
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="rencai-metrics-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # the workers add their numbers up there
        _Workers(settings, listeners, folder).keep()


class _Workers:
    """The worker processes, spawned and not forked: nothing of this process is to go on in them.

    Each has a listener, which its stand-in takes over with all that wait there.
    """

    def __init__(self, settings: ServeSettings, listeners: list[socket.socket], folder: str) -> None:
        self._settings = settings
        self._listeners = listeners
        self._folder = folder
        self._logger: FilteringBoundLogger = logs.configure()
        self._context = multiprocessing.get_context("spawn")
        self._is_ending = False

    def keep(self) -> None:
        """Start them, and start those that die again, until a signal says to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        running = [self._start(listener) for listener in self._listeners]
        while not self._is_ending:
            time.sleep(LOOK_SECONDS)
            running = [self._alive(*pair) for pair in zip(running, self._listeners, strict=True)]
        for worker in running:
            if worker.is_alive() and worker.pid is not None:
                os.kill(worker.pid, signal.SIGTERM)
        for worker in running:
            worker.join()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_ending = True

    def _start(self, listener: socket.socket) -> SpawnProcess:
        worker = self._context.Process(target=_work, args=(self._settings, listener))
        worker.start()
        return worker

    def _alive(self, worker: SpawnProcess, listener: socket.socket) -> SpawnProcess:
        """The worker, or the one that stands in for it."""
        if worker.is_alive() or self._is_ending:
            return worker
        self._logger.error("worker_died", exit_code=worker.exitcode, text="a server process died; another begins")
        multiprocess.mark_process_dead(worker.pid, self._folder)  # pyright: ignore[reportUnknownMemberType]
        time.sleep(PAUSE_SECONDS)
        return self._start(listener)


def _work(settings: ServeSettings, listener: socket.socket) -> None:
    """A worker's life. It ends in order when the process that keeps it is gone, however that ended."""
    threading.Thread(target=_end_with_keeper, daemon=True).start()
    try:
        main.serve_on(settings, listener)
    except (SettingError, DatabaseUnusable, DatabaseRefused) as wrong:
        logs.configure().error("worker_refused", text=str(wrong))
        sys.exit(1)


def _end_with_keeper() -> None:
    keeper = multiprocessing.parent_process()
    if keeper is not None:
        keeper.join()
        os.kill(os.getpid(), signal.SIGTERM)
