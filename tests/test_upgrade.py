"""A database made before talents could be found is brought up to date when a server opens it."""

from typing import Any

import apsw
import msgspec

from harness import HIRE, Server, rencai, running_server
from rencai.storage import schema
from stores import SqliteStore

PEOPLE: list[dict[str, Any]] = [
    {
        "basic_info": {"name": "张三", "mobile": "13800138000", "mobile_country_code": "CN_1", "email": "a@b.c"},
        "education_list": [{"school": "清华大学", "start_time": "999999999999999"}],
    },
    {"basic_info": {"name": "Ada Lovelace", "identification_type": 2, "identification_number": "E1"}},
    {"basic_info": {"name": "twin", "mobile": "13800138000", "mobile_country_code": "86"}},
]


def make_old(database: SqliteStore) -> None:
    """The schema of number 1, with people as the program of that time kept them."""
    made = rencai(
        "app",
        "create",
        "--tenant",
        "old",
        "--name",
        "x",
        "--scope",
        "hire:talent",
        "--database",
        database.url,
    )
    assert made.returncode == 0, made.stderr
    database.path.unlink()
    connection = apsw.Connection(str(database.path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("application_id", schema.APPLICATION_ID)
    connection.execute(schema.scripts()[0])
    connection.execute("INSERT INTO schema_version (version) VALUES (1)")
    connection.execute("INSERT INTO tenants VALUES (1, 'key', 'old', '00', 0)")
    for number, person in enumerate(PEOPLE, 101):
        info = person["basic_info"]
        connection.execute("INSERT INTO talents VALUES (1, ?, 5, 5)", (number,))
        connection.execute(
            "INSERT INTO talent_profiles VALUES (1, ?, ?)", (number, msgspec.json.encode(person).decode())
        )
        if "mobile" in info:
            value = f"{info['mobile_country_code']} {info['mobile']}"
            connection.execute("INSERT INTO talent_identities VALUES (1, 'mobile', ?, ?)", (value, number))
    connection.close()


def check(server: Server) -> None:
    client = server.client("old")
    assert client.search("清华") == ["101"]
    assert client.search("13800138000") == ["103", "101"]
    assert client.search("love") == ["102"]
    body = {"mobile_number_list": ["13800138000"]}
    found = client.call("POST", f"{HIRE}/talents/batch_get_id", body).data["talent_list"]
    assert [person["talent_id"] for person in found] == ["101"]
    assert client.talent_v1("102")["basic_info"]["identification_number"] == "E1"
    (education,) = client.talent_v1("101")["education_list"]
    assert int(education["id"]) > 103
    assert "start_time" not in education
    assert (
        client.call("POST", f"{HIRE}/talents/combined_create", {"basic_info": PEOPLE[0]["basic_info"]}).code == 1002105
    )
    body = {"talent_id": "103", "basic_info": {"gender": 1}}
    assert client.call("POST", f"{HIRE}/talents/combined_update", body).code == 0  # its mobile is not touched


def test_people_of_an_older_program_are_found_after_the_upgrade(sqlite_file: SqliteStore) -> None:
    make_old(sqlite_file)
    with running_server(sqlite_file) as server:
        check(server)
        lines = [line for line in server.log if line["event"] in ("deriving", "identity_shared")]
        assert [(line["event"], line["talents"]) for line in lines] == [("deriving", 3), ("identity_shared", ["103"])]
    with running_server(sqlite_file) as server:
        check(server)
        assert not [line for line in server.log if line["event"] == "deriving"]


def test_an_upgrade_that_was_broken_off_goes_on(sqlite_file: SqliteStore) -> None:
    make_old(sqlite_file)
    with running_server(sqlite_file) as server:
        check(server)
    connection = apsw.Connection(str(sqlite_file.path))
    connection.execute("UPDATE derivation SET version = 0, tenant_id = 1, talent_id = 101")
    connection.close()
    with running_server(sqlite_file) as server:
        check(server)
        assert next(line["talents"] for line in server.log if line["event"] == "deriving") >= 2
