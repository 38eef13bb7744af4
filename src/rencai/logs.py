"""Logs: one JSON object a line on standard error. Never a token, a secret, a body or personal data."""

import asyncio
import atexit
import logging
import sys
import traceback

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger


class GatheredLines:
    """Writes log lines to standard error, those of 50 ms at once.

    A write for each line would cost the event loop a turn of the interpreter lock for each request.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._flushing: asyncio.TimerHandle | None = None

    def msg(self, line: bytes) -> None:
        """Take a line."""
        self._lines.append(line)
        if self._flushing is None:
            try:
                self._flushing = asyncio.get_running_loop().call_later(0.05, self.flush)
            except RuntimeError:  # outside of the loop, where nothing is in a hurry
                self.flush()

    debug = info = warning = error = critical = exception = log = msg

    def flush(self) -> None:
        """Write what there is. Also called at the end, so that nothing is lost."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        lines, self._lines = self._lines, []
        sys.stderr.buffer.write(b"".join(line + b"\n" for line in lines))
        sys.stderr.buffer.flush()


def configure() -> FilteringBoundLogger:
    """Set the logs up for a server process and hand out its logger. What libraries warn of comes the same way."""
    lines = GatheredLines()
    atexit.register(lines.flush)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    logger: FilteringBoundLogger = structlog.get_logger()
    logging.basicConfig(handlers=[_Forward(logger)], level=logging.WARNING, force=True)
    return logger


def where(failure: BaseException) -> list[str]:
    """The place of a failure as lines `file:line function`. Without its words, which may quote what was sent."""
    frames = traceback.extract_tb(failure.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class _Forward(logging.Handler):
    """Hands on what libraries log, without their arguments, which may quote what was sent."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record's text as it stands in the library's source."""
        failure = record.exc_info[1] if record.exc_info else None
        at = {"failure": type(failure).__name__, "at": where(failure)} if failure else {}
        self._logger.warning("library", logger=record.name, text=str(record.msg).strip(), **at)


def _as_json(_logger: object, _method: str, event: EventDict) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
