"""Where the tests meet the vendor's Node clients: a server, things in it, and each client's process."""

import contextlib
from pathlib import Path
from typing import Any

from harness import ALL_SCOPES, App, Client, Server
from node_clients import NodeClient, NodeSdk
from rencai.contract.endpoints import ENDPOINTS

# Those that only fields of replies ask for, too.
EVERY_SCOPE = tuple(
    {*ALL_SCOPES, *(name for row in ENDPOINTS for names in row.field_scopes.values() for name in names)}
)


class Place:
    """A server, a client of ours to set it up, and the Node clients that were opened on it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.client: Client = server.client(scopes=EVERY_SCOPE)
        self._folder = folder
        self._open: dict[tuple[type[NodeClient], App], NodeClient] = {}
        self._ends = contextlib.ExitStack()
        self.close = self._ends.close

    def speak(self, kind: type[NodeClient], app: App | None = None) -> NodeClient:
        """The Node client of an app: one process for all its calls."""
        key = (kind, app or self.client.app)
        if key not in self._open:
            folder = self._folder / str(len(self._open))
            folder.mkdir()
            self._open[key] = kind(self.server.url, key[1], folder)
            self._ends.callback(self._open[key].process.close)
        return self._open[key]

    def make(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        """A folder, a tag or a custom field, by its native call: `what` is the collection's name."""
        reply = self.client.call("POST", f"/rencai/v1/{what}", body)
        assert reply.code == 0, reply
        (made,) = reply.data.values()
        return made


def things(place: Place) -> dict[str, str]:
    """The ids of things that no client of the vendor's can make, by the words that stand for them in tables.

    LINE and CHOICE are fields of the custom MODULE; SCORE is one of basic_info, GRADE of education_list.
    """
    made = {
        "FOLDER": place.make("talent_folders", {"folder_name": "Berlin", "owner_id": "ou_owner"})["folder_id"],
        "TAG": place.make("talent_tags", {"name": {"en_us": "fast", "zh_cn": "快"}})["id"],
        "TAG_OFF": place.make("talent_tags", {"name": {"en_us": "old"}, "active_status": 2})["id"],
        "MODULE": _field(place, 11, "Visas"),
    }
    options = [{"key": "eu", "name": {"en_us": "Union"}}, {"key": "cn", "name": {"en_us": "China"}}]
    made["LINE"] = _field(place, 1, "Number", parent_id=made["MODULE"])
    made["CHOICE"] = _field(place, 3, "Where", parent_id=made["MODULE"], options=options)
    made["SCORE"] = _field(place, 9, "Score", parent_id="1")
    made["GRADE"] = _field(place, 1, "Grade", parent_id="2")
    return made


def _field(place: Place, object_type: int, name: str, *, parent_id: str = "", options: list[Any] | None = None) -> str:
    setting = {"object_type": object_type, "config": {"options": options or []}}
    body = {"name": {"en_us": name}, "parent_id": parent_id, "setting": setting}
    return place.make("talent_objects", body)["id"]


def filled(part: Any, words: dict[str, str]) -> Any:
    """Arguments of a table, with ids for its words."""
    if isinstance(part, dict):
        return {name: filled(value, words) for name, value in part.items()}
    if isinstance(part, list):
        return [filled(value, words) for value in part]
    return words.get(part, part) if isinstance(part, str) else part


def status(kind: type[NodeClient], number: int) -> int | None:
    """An HTTP status as the client shows it: the MCP server shows none."""
    return number if kind is NodeSdk else None
