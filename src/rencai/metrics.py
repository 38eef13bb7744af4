"""Metrics for Prometheus: requests and their time, commit groups, and how much waits."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNITS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The metrics of one server process, in a registry of its own. The engine's Gauges too."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "rencai_requests",
            "Requests by endpoint and reply code.",
            ["endpoint", "code"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "rencai_request_seconds",
            "Seconds from a request's head to its reply.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._units = Histogram(
            "rencai_commit_group_units",
            "Units of work in one commit.",
            buckets=_UNITS,
            registry=self.registry,
        )
        self.queue_depth = Gauge(
            "rencai_write_queue_depth",
            "Units of work waiting for the database.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._log_pages = Gauge(
            "rencai_sqlite_log_pages",
            "Pages in SQLite's log since it was begun anew.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )

        self.limiter_is_local = Gauge(
            "rencai_limiter_is_local",
            "1 while the rate limits that servers share can't be reached and each process counts for itself.",
            multiprocess_mode="livemax",
            registry=self.registry,
        )

    def request_answered(self, endpoint: str, code: int, seconds: float) -> None:
        """A reply went out."""
        self._requests.labels(endpoint, str(code)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def group_committed(self, units: int) -> None:
        """A group of so many units went into one commit."""
        self._units.observe(units)

    def log_grew(self, pages: int) -> None:
        """SQLite's log holds so many pages."""
        self._log_pages.set(pages)

    def text(self) -> bytes:
        """All metrics in Prometheus' text form, those of all workers together."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # pyright: ignore[reportUnknownMemberType]
        return generate_latest(together)
