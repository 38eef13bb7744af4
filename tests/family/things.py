"""Calls that write about folders, tags, custom fields and pools, and about who is in them and has them."""

from typing import Any

from family.replies import (
    FOLDER_NOT_EMPTY,
    HIRE,
    MISFIT,
    NATIVE,
    NO_POOL,
    NOBODY,
    POOL_NOT_EMPTY,
    TAG_ABSENT,
    TAG_OFF,
    TAG_PRESENT,
    TAG_WRONG,
    done,
    missing,
    refused,
)
from family.world import ENTERED, LEFT, MODULE, SELECT, TAGGED, UNTAGGED, Entry, Field, Pool, Tenant, english
from harness import Reply

# Folders


def create_folder(tenant: Tenant, name: str, owner_id: str = "") -> None:
    """A folder; a name of blanks is none."""
    reply = tenant.client.call("POST", f"{NATIVE}/talent_folders", {"folder_name": name, "owner_id": owner_id})
    if not name.strip():
        refused(reply, MISFIT)
        return
    shown = done(reply)["talent_folder"]
    tenant.folders[shown["folder_id"]] = {"name": name, "owner_id": owner_id}


def update_folder(tenant: Tenant, folder_id: str, name: str) -> None:
    """A new name."""
    reply = tenant.client.call("PATCH", f"{NATIVE}/talent_folders/{folder_id}", {"folder_name": name})
    if folder_id not in tenant.folders:
        refused(reply, MISFIT, [folder_id])
        return
    done(reply)
    tenant.folders[folder_id]["name"] = name


def delete_folder(tenant: Tenant, folder_id: str) -> None:
    """Only an empty one."""
    reply = tenant.client.call("DELETE", f"{NATIVE}/talent_folders/{folder_id}")
    inside = [who for who, talent in tenant.talents.items() if folder_id in talent.folders]
    if folder_id not in tenant.folders:
        refused(reply, MISFIT, [folder_id])
    elif inside:
        refused(reply, FOLDER_NOT_EMPTY)
        assert {v["value"] for v in reply.error["field_violations"]} <= set(inside)
    else:
        done(reply, {})
        del tenant.folders[folder_id]


def change_folder(tenant: Tenant, folder_id: str, ids: list[str], *, adds: bool) -> None:
    """add_to_folder and remove_to_folder."""
    call = "add_to_folder" if adds else "remove_to_folder"
    body = {"talent_id_list": ids, "folder_id": folder_id}
    reply = tenant.client.call("POST", f"{HIRE}/talents/{call}", body)
    if folder_id not in tenant.folders:
        refused(reply, MISFIT, [folder_id])
        return
    if strange := missing(tenant, ids):
        refused(reply, NOBODY, strange)
        return
    data = done(reply)
    assert data["folder_id"] == folder_id
    inside = {who for who in ids if folder_id in tenant.talents[who].folders}
    assert set(data["talent_id_list"]) == (set(ids) if adds else inside)
    for who in ids:
        if adds:
            tenant.talents[who].folders.setdefault(folder_id, "")
        else:
            tenant.talents[who].folders.pop(folder_id, None)
    tenant.touched |= set(ids)


# Tags


def create_tag(tenant: Tenant, name: str, kind: int, active_status: int) -> None:
    """A tag, on or off."""
    body = {"name": {"en_us": name}, "type": kind, "active_status": active_status}
    shown = done(tenant.client.call("POST", f"{NATIVE}/talent_tags", body))["talent_tag"]
    tenant.tags[shown["id"]] = {
        "id": shown["id"],
        "name": english(name),
        "description": english(""),
        "type": kind,
        "active_status": active_status,
    }
    assert shown == tenant.tags[shown["id"]]


def switch_tag(tenant: Tenant, tag_id: str, active_status: int) -> None:
    """On or off; whoever has it keeps it."""
    reply = tenant.client.call("PATCH", f"{NATIVE}/talent_tags/{tag_id}", {"active_status": active_status})
    if tag_id not in tenant.tags:
        refused(reply, MISFIT, [tag_id])
        return
    tenant.tags[tag_id]["active_status"] = active_status
    done(reply, {"talent_tag": tenant.tags[tag_id]})


def tag(tenant: Tenant, talent_id: str, tag_ids: list[str], *, adds: bool) -> None:
    """Tags are given or taken, all or none, and a repeat is an error: unknown first, then off, then repeats."""
    body = {"operation": 1 if adds else 2, "tag_id_list": tag_ids}
    reply = tenant.client.call("POST", f"{HIRE}/talents/{talent_id}/tag", body)
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    ours = tenant.talents[talent_id].tags
    if unknown := [tag_id for tag_id in tag_ids if tag_id not in tenant.tags]:
        refused(reply, TAG_WRONG, unknown)
    elif off := [tag_id for tag_id in tag_ids if adds and tenant.tags[tag_id]["active_status"] == 2]:
        refused(reply, TAG_OFF, off)
    elif repeats := [tag_id for tag_id in tag_ids if (tag_id in ours) == adds]:
        refused(reply, TAG_PRESENT if adds else TAG_ABSENT, repeats)
    else:
        done(reply, {})
        tenant.talents[talent_id].tags = ours | set(tag_ids) if adds else ours - set(tag_ids)
        tenant.write_down(TAGGED if adds else UNTAGGED, [talent_id] * len(tag_ids))
        tenant.touched.add(talent_id)


# Custom fields


def create_field(tenant: Tenant, name: str, object_type: int, parent_id: str) -> None:
    """A field of a module, or a module, which has no parent."""
    options = {"a": True, "b": True} if object_type == SELECT else {}
    setting = {"object_type": object_type, **({"config": _config(options)} if options else {})}
    body = {"name": {"en_us": name}, "setting": setting, "parent_id": parent_id}
    reply = tenant.client.call("POST", f"{NATIVE}/talent_objects", body)
    parent = tenant.fields.get(parent_id)
    is_there = parent_id == "1" or (parent is not None and parent.object_type == MODULE)
    if (object_type == MODULE) != (parent_id == "") or not (is_there or object_type == MODULE):
        refused(reply, MISFIT)
        return
    tenant.fields[done(reply)["talent_object"]["id"]] = Field(name, object_type, parent_id, options=options)


def update_field(tenant: Tenant, object_id: str, name: str, *, is_on: bool, options: list[str]) -> None:
    """A new name, on or off; the choices left out are switched off."""
    there = tenant.fields.get(object_id)
    body: dict[str, Any] = {"name": {"en_us": name}, "active_status": 1 if is_on else 2}
    if there is not None and there.object_type == SELECT and options:
        body["setting"] = {"config": _config(dict.fromkeys(options, True))}
    reply = tenant.client.call("PATCH", f"{NATIVE}/talent_objects/{object_id}", body)
    if there is None:
        refused(reply, MISFIT, [object_id])
        return
    done(reply)
    there.name, there.is_on = name, is_on
    if "setting" in body:
        there.options = {key: key in options for key in there.options}
    tenant.touched |= tenant.talents.keys()


def _config(options: dict[str, bool]) -> dict[str, Any]:
    return {"options": [{"key": key, "name": {"en_us": f"option {key}"}} for key in options]}


# Pools


def create_pool(tenant: Tenant, name: str) -> None:
    """A pool."""
    tenant.pools[tenant.client.create_pool(name)] = Pool(name)


def run_without_effect(tenant: Tenant, pool_id: str) -> None:
    """A run that adds a pool's members to it."""
    body = {"talent_pool_id": pool_id, "action": "add", "from": pool_id}
    reply = tenant.client.call("POST", f"{NATIVE}/runs", body)
    assert reply.code == 0, reply
    tenant.runs.append(reply.data["run"]["id"])


def batch_change(tenant: Tenant, pool_id: str, ids: list[str], option_type: int) -> None:
    """The heart: all or nothing, repeats in silence."""
    reply = tenant.client.batch_change(pool_id, ids, option_type)
    if pool_id not in tenant.pools:
        refused(reply, NO_POOL, [pool_id])
        return
    if strange := missing(tenant, ids):
        refused(reply, NOBODY, strange)
        return
    done(reply, {})
    members = tenant.pools[pool_id].members
    if option_type == 1:
        moved = [who for who in dict.fromkeys(ids) if who not in members]
        members.update(dict.fromkeys(moved, ""))
    else:
        moved = [who for who in dict.fromkeys(ids) if who in members]
        for who in moved:
            del members[who]
    _note_change(tenant, reply, (ENTERED if option_type == 1 else LEFT, moved))
    tenant.touched |= set(ids)


def move(tenant: Tenant, pool_id: str, talent_id: str, add_type: int) -> None:
    """Into one pool, and out of the others if asked."""
    reply = tenant.client.move(pool_id, talent_id, add_type)
    if pool_id not in tenant.pools:
        refused(reply, NO_POOL, [pool_id])
        return
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    done(reply, {"talent_pool_id": pool_id, "talent_id": talent_id})
    entered = [] if talent_id in tenant.pools[pool_id].members else [talent_id]
    tenant.pools[pool_id].members.setdefault(talent_id, "")
    others = [pool for other, pool in tenant.pools.items() if other != pool_id and talent_id in pool.members]
    for pool in others if add_type == 2 else ():
        del pool.members[talent_id]
    left = [talent_id] * len(others) if add_type == 2 else []
    _note_change(tenant, reply, (ENTERED, entered), (LEFT, left))
    tenant.touched.add(talent_id)


def delete_pool(tenant: Tenant, pool_id: str, *, force: bool) -> None:
    """With members only by force; they stay talents."""
    reply = tenant.client.call("DELETE", f"{NATIVE}/talent_pools/{pool_id}?force={str(force).lower()}")
    if pool_id not in tenant.pools:
        refused(reply, NO_POOL, [pool_id])
        return
    members = list(tenant.pools[pool_id].members)
    if members and not force:
        refused(reply, POOL_NOT_EMPTY)
        return
    done(reply, {})
    del tenant.pools[pool_id]
    _note_change(tenant, reply, (LEFT, members))
    tenant.touched |= set(members)


def _note_change(tenant: Tenant, reply: Reply, *moves: tuple[int, list[str]]) -> None:
    """What one change moved, as one part of the log."""
    if change_id := reply.headers.get("X-Rencai-Change-Id"):
        tenant.changes.append(change_id)
    entries = [Entry(who, operation, *tenant.operator()) for operation, ids in moves for who in ids]
    if entries:
        assert change_id is not None
        tenant.log.append(entries)
