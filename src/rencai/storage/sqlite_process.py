"""The writer of a server in a process of its own, so that it shares an interpreter lock with nobody.

The server forks it before there are threads, sockets or an event loop, sends it units over a pair of sockets, and takes
the answers of a group at a time. Both live and die together: where one is killed the other ends at once, and what was
not answered is in the file whole or not at all. What it gains: `docs/decisions/0003-one-writer.md`.
"""

import asyncio
import contextlib
import multiprocessing
import os
import pickle  # between two processes of one server, over sockets that have no name
import signal
import socket
import struct
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from rencai import logs
from rencai.storage.seam import DatabaseUnusable, Gauges
from rencai.storage.sqlite_writer import Answer, Asked, Writer, work
from rencai.storage.turns import Turns

_LENGTH = struct.Struct("!Q")
_RECEIVE = 2**20
_BUFFER = 2**20  # of each way: some hundred units
_SET_DEATH_SIGNAL, _SET_NAME = 1, 15  # prctl of Linux


class Frames:
    """Pickled things one after the other, out of bytes as they come."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """The things that are whole now."""
        self._bytes += data
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            with memoryview(self._bytes) as view, view[_LENGTH.size : end] as frame:
                thing = pickle.loads(frame)  # noqa: S301  (our own process wrote it)
            del self._bytes[:end]
            yield thing


def framed(thing: object) -> bytes:
    """The bytes that send a thing."""
    data = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


class WriterProcess:
    """The process, idle until it is told to open a file."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.is_open = False

    def open(self, path: Path) -> None:
        """Have it open the file, and make it or bring it up to date. Raises DatabaseUnusable."""
        frames = Frames()
        with contextlib.suppress(ConnectionError):
            self.connection.sendall(framed(path))
            while data := self.connection.recv(_RECEIVE):
                for refusal in frames.feed(data):
                    if refusal is not None:
                        raise refusal
                    self.is_open = True
                    return
        raise DatabaseUnusable(f"the process that writes to {path} ended before it was open; see the lines above")


@contextlib.contextmanager
def forked() -> Generator[WriterProcess]:
    """A writer's process, gone after the block. To be entered before there are threads: a fork copies none.

    Raises DatabaseUnusable after the block where the process did not end in order.
    """
    ours, its = socket.socketpair()
    for end in (ours, its):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    process = multiprocessing.get_context("fork").Process(target=_live, args=(its, ours), name="writer")
    process.start()
    its.close()
    writer = WriterProcess(ours)
    try:
        yield writer
    finally:
        if not writer.is_open:  # nothing is half done: an upgrade it may be at is one transaction
            process.kill()
        ours.close()
        process.join()
    if writer.is_open and process.exitcode:
        words = f"the process that writes to the file ended with {process.exitcode}; all that was acknowledged is kept"
        raise DatabaseUnusable(words)


class ProcessLine(asyncio.Protocol):
    """The server's end of the way to its writer. `lost` is called where the writer is gone before it was closed."""

    def __init__(self, gauges: Gauges, answered: Callable[[list[Answer]], None], lost: Callable[[], None]) -> None:
        self._gauges = gauges
        self._answered = answered
        self._lost = lost
        self._frames = Frames()
        self._transport: asyncio.WriteTransport
        self._is_closing = False
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand the answers of groups on."""
        for answers, log_pages in self._frames.feed(data):
            self._gauges.group_committed(len(answers))
            self._gauges.log_grew(log_pages)
            self._answered([Answer(*answer) for answer in answers])

    def connection_lost(self, exc: Exception | None) -> None:
        """The writer has ended."""
        self._gone.set()
        if not self._is_closing:
            self._lost()

    def send(self, asked: list[Asked]) -> None:
        """Send the units. One that can't be sent fails alone."""
        try:
            data = framed([tuple(one) for one in asked])
        except Exception as failure:  # a function in a function, say, or no memory left
            if len(asked) == 1:
                self._answered([Answer(asked[0].number, None, failure)])
                return
            for one in asked:
                self.send([one])
            return
        self._transport.write(data)

    async def close(self) -> None:
        """Have the writer finish and close the file."""
        self._is_closing = True
        self._transport.write_eof()
        await self._gone.wait()


# In the writer's process


def _live(connection: socket.socket, others: socket.socket) -> None:
    """All of it. A defect ends the process at once, and the server with it: nobody waits for what will not come."""
    try:
        others.close()
        for number in (signal.SIGTERM, signal.SIGINT):  # they end the server, whose end ends this process
            signal.signal(number, signal.SIG_IGN)
        if sys.platform == "linux":
            _die_with_server()
        frames = Frames()
        while data := connection.recv(_RECEIVE):
            for path in frames.feed(data):
                _serve(connection, frames, path)
                return
    except BaseException as failure:
        words = {"failure": type(failure).__name__, "at": logs.where(failure)}
        logs.configure().critical("writer_failed", **words)
        os._exit(1)


def _die_with_server() -> None:
    """Be killed when the server is, and not go on until the end of a group. Elsewhere the closed socket ends it."""
    with contextlib.suppress(ImportError, AttributeError):  # a Python without it has the closed socket too
        import ctypes

        settings = ctypes.CDLL(None).prctl
        settings(_SET_NAME, b"rencai-writer")
        settings(_SET_DEATH_SIGNAL, signal.SIGKILL)
    server = multiprocessing.parent_process()
    if server is None or os.getppid() != server.pid:  # it died in between
        os._exit(1)


def _serve(connection: socket.socket, frames: Frames, path: Path) -> None:
    try:
        writer = Writer(path)
    except DatabaseUnusable as refusal:
        connection.sendall(framed(refusal))
        return
    connection.sendall(framed(None))

    def receive(waiting: Turns[Asked]) -> bool:
        with contextlib.suppress(BlockingIOError):
            while data := _received(connection, may_wait=not waiting):
                for asked in frames.feed(data):
                    for number, unit, tenant_id, is_alone in asked:
                        waiting.put(tenant_id, Asked(number, unit, tenant_id, is_alone), alone=is_alone)
            return False
        return True

    def answer(answers: list[Answer]) -> None:
        with contextlib.suppress(ConnectionError):  # the server is gone, and nobody is left to hear it
            connection.sendall(framed(([_sendable(one) for one in answers], writer.log_pages)))

    work(writer, receive, answer)


def _received(connection: socket.socket, *, may_wait: bool) -> bytes:
    """What has come; nothing once the server is done or gone. Raises BlockingIOError."""
    try:
        return connection.recv(_RECEIVE, 0 if may_wait else socket.MSG_DONTWAIT)
    except ConnectionError:
        return b""


def _sendable(answer: Answer) -> tuple[int, Any, BaseException | None]:
    return answer.number, answer.value, None if answer.failure is None else _sendable_failure(answer.failure)


def _sendable_failure(failure: BaseException) -> BaseException:
    """The failure as it can arrive: its frames stay in this process, so its place goes as text."""
    try:
        pickle.loads(pickle.dumps(failure))  # noqa: S301  (our own, a moment ago)
        return logs.keep_place(failure)
    except Exception:  # of a library, with an __init__ of its own
        return logs.keep_place(RuntimeError(type(failure).__name__).with_traceback(failure.__traceback__))
