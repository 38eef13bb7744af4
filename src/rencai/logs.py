"""Logs: one JSON object a line on standard error. Never a token, a secret, a body or personal data."""

import logging
import sys
import traceback
from typing import TypeVar

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

E = TypeVar("E", bound=BaseException)

_PLACE = "place_in_writer"


def configure() -> FilteringBoundLogger:
    """Set the logs up for a server process and hand out its logger. What libraries warn of comes the same way."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logger: FilteringBoundLogger = structlog.get_logger()
    logging.basicConfig(handlers=[_Forward(logger)], level=logging.WARNING, force=True)
    return logger


def where(failure: BaseException) -> list[str]:
    """The place of a failure as lines `file:line function`. Without its words, which may quote what was sent."""
    frames = traceback.extract_tb(failure.__traceback__)
    here = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return here + getattr(failure, _PLACE, [])


def keep_place(failure: E) -> E:
    """Note on a failure where it was raised, for the process that it is sent to."""
    setattr(failure, _PLACE, where(failure))
    return failure


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
