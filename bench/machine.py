"""What the figures were measured on."""

import os
import platform
import time
from pathlib import Path

import apsw
import msgspec

from bench import cluster
from rencai.storage import sqlite_writer


class Machine(msgspec.Struct, frozen=True):
    """The machine, and the versions that matter."""

    date: str
    cores: int
    cpu: str
    memory_gib: float
    system: str
    python: str
    sqlite: str
    postgresql: str
    load_before: float
    server: str


def this_machine() -> Machine:
    """The machine this runs on."""
    return Machine(
        date=time.strftime("%Y-%m-%d %H:%M:%S %z"),
        cores=os.cpu_count() or 0,
        cpu=_field(Path("/proc/cpuinfo"), "model name"),
        memory_gib=round(int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) / 2**20, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=apsw.sqlite_lib_version(),
        postgresql=cluster.version(),
        load_before=os.getloadavg()[0],
        server=_server(),
    )


def _server() -> str:
    """What the server is built with: figures of a server under work are easily taken for those of another."""
    return (
        f"groups of {sqlite_writer.GROUP}, checkpoint at {sqlite_writer.CHECKPOINT_PAGES:,} pages,"
        f" writer's cache {sqlite_writer.WRITER_CACHE_KIB // 1024} MiB"
    )


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "0 unknown"
