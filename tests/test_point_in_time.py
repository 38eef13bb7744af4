"""Going back to a moment on PostgreSQL, as the guide says: a base backup, and the log that was archived since."""

import contextlib
import time
from collections.abc import Generator

import pytest

from bench.cluster import Cluster
from harness import rencai, running_server
from stores import PostgresStore

pytestmark = pytest.mark.postgresql


@contextlib.contextmanager
def archiving() -> Generator[Cluster]:
    """A cluster that keeps its log."""
    cluster = Cluster(archive_mode="on", archive_command="test ! -f ../archive/%f && cp %p ../archive/%f")
    try:
        yield cluster
    finally:
        cluster.remove()


def go_back(cluster: Cluster, moment: str) -> None:
    """Put the base backup in the place of the data, and let it catch up to a moment."""
    cluster.stop("fast")  # what is not archived yet is, now
    cluster.data.rename(cluster.folder / "left")
    (cluster.folder / "backup").rename(cluster.data)
    cluster.configure(
        restore_command="cp ../archive/%f %p", recovery_target_time=moment, recovery_target_action="promote"
    )
    (cluster.data / "recovery.signal").touch()
    cluster.start()
    while cluster.sql("postgres", "SELECT pg_is_in_recovery()") == [["t"]]:
        time.sleep(0.1)


def test_what_came_after_the_moment_is_gone_and_all_agrees() -> None:
    with archiving() as cluster:
        archive = cluster.folder / "archive"
        archive.mkdir()
        archive.chmod(0o777)
        store = PostgresStore(cluster)
        with running_server(store) as server:
            client = server.client()
            pool, people = client.create_pool(), client.create_talents(20)
            cluster.execute(
                "pg_basebackup", "-c", "fast", "-d", cluster.url("postgres"), "-D", cluster.folder / "backup"
            )
            client.add(pool, people[:10])
            members = client.members(pool)
            ((moment,),) = cluster.sql("postgres", "SELECT clock_timestamp()")
            time.sleep(0.1)
            client.add(pool, people[10:])
            app = client.app
        go_back(cluster, moment)
        verified = rencai("database", "verify", "--database", store.url)
        assert (verified.returncode, verified.stdout.endswith("all agree\n")) == (0, True), verified.stdout
        with running_server(store) as server:
            client = server.client_of(app)
            assert client.members(pool) == members
            assert client.add(pool, people[10:]).code == 0
