"""Calls that write about talents. Each is made, says what must come of it, and changes the model alike."""

from typing import Any

from family.replies import CONFLICT, DUPLICATE, HIRE, MISFIT, NATIVE, NOBODY, done, now, refused
from family.world import BLOCKED, CREATED, EMPLOYEE, LEFT, UNBLOCKED, UPDATED, Entry, Talent, Tenant, identities_of
from harness import Reply


def create(tenant: Tenant, body: dict[str, Any]) -> None:
    """combined_create."""
    began = now()
    reply = tenant.client.call("POST", f"{HIRE}/talents/combined_create", body)
    if _misfits(tenant, reply, [body]) or _clashes(tenant, reply, [body["basic_info"]], DUPLICATE):
        return
    operator = _operator(tenant, body, "creator")
    talent_id = done(reply)["talent_id"]
    assert reply.data == {"talent_id": talent_id, "creator_id": operator[0], "creator_account_type": operator[1]}
    _put(tenant, talent_id, body, began)
    tenant.write_down(CREATED, [talent_id], operator)


def batch_create(tenant: Tenant, bodies: list[dict[str, Any]]) -> None:
    """All of them or none."""
    began = now()
    reply = tenant.client.call("POST", f"{NATIVE}/talents/batch_create", {"talents": bodies})
    persons = [body["basic_info"] for body in bodies]
    if _misfits(tenant, reply, bodies) or _clashes(tenant, reply, persons, DUPLICATE):
        return
    new_ids = done(reply)["talent_id_list"]
    assert len(new_ids) == len(bodies)
    by_operator: dict[tuple[str, int], list[str]] = {}
    for talent_id, body in zip(new_ids, bodies, strict=True):
        _put(tenant, talent_id, body, began)
        by_operator.setdefault(_operator(tenant, body, "creator"), []).append(talent_id)
    # The order of the log within one call is nowhere said: the call's entries stand for themselves.
    tenant.log.append([Entry(who, CREATED, *operator) for operator, ids in by_operator.items() for who in ids])


def _misfits(tenant: Tenant, reply: Reply, bodies: list[dict[str, Any]], old: dict[str, Any] | None = None) -> bool:
    """Whether profiles have to be refused for folders that are not there, or values that their fields don't take."""
    folders = {folder_id for body in bodies for folder_id in body.get("folder_id_list", [])}
    is_wrong = not tenant.folders.keys() >= folders or any(tenant.bad_values(body, old) for body in bodies)
    if is_wrong:
        refused(reply, MISFIT)
    return is_wrong


def _clashes(tenant: Tenant, reply: Reply, persons: list[dict[str, Any]], code: int, who: str = "") -> bool:
    """Whether persons have to be refused: for an identity that another has, or that comes twice."""
    given = [identity for person in persons for identity in identities_of(person).items()]
    owners = [owner for identity in given if (owner := tenant.owner(*identity)) not in (None, who)]
    free = [identity for identity in given if tenant.owner(*identity) in (None, who)]
    is_twice = len(set(free)) < len(free)
    if owners or is_twice:
        refused(reply, code)
        violations = reply.error["field_violations"]
        assert sorted(v["value"] for v in violations if "value" in v) == sorted(filter(None, owners))
        assert is_twice == any("value" not in v for v in violations)
    return bool(owners) or is_twice


def _put(tenant: Tenant, talent_id: str, body: dict[str, Any], began: int) -> None:
    assert talent_id not in tenant.talents
    assert talent_id not in tenant.gone
    kept = {name: value for name, value in body.items() if name not in ("folder_id_list", "creator_account_type")}
    folders = dict.fromkeys(body.get("folder_id_list", []), "")
    tenant.talents[talent_id] = Talent(talent_id, kept, began, folders=folders)
    tenant.touched.add(talent_id)


def update(tenant: Tenant, talent_id: str, body: dict[str, Any]) -> None:
    """combined_update: what is left out stays, a list given replaces the old one."""
    began = now()
    reply = tenant.client.call("POST", f"{HIRE}/talents/combined_update", {"talent_id": talent_id, **body})
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    talent = tenant.talents[talent_id]
    person = {**talent.person, **body["basic_info"]}
    if _misfits(tenant, reply, [body], talent.profile) or _clashes(tenant, reply, [person], CONFLICT, talent_id):
        return
    operator = _operator(tenant, body, "operator")
    shown = {"talent_id": talent_id, "operator_id": operator[0], "operator_account_type": operator[1]}
    done(reply, shown)
    aside = ("basic_info", "folder_id_list", "operator_id", "operator_account_type")
    given = {name: value for name, value in body.items() if name not in aside}
    talent.profile = {**talent.profile, **given, "basic_info": person}
    talent.changed_after, talent.update_time = began, ""
    if "folder_id_list" in body:
        talent.folders = {folder_id: talent.folders.get(folder_id, "") for folder_id in body["folder_id_list"]}
    tenant.write_down(UPDATED, [talent_id], operator)
    tenant.touched.add(talent_id)


def delete(tenant: Tenant, talent_id: str) -> None:
    """A talent goes, and all that is known of them."""
    reply = tenant.client.call("DELETE", f"{NATIVE}/talents/{talent_id}")
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    done(reply, {})
    tenant.changes.append(reply.headers["X-Rencai-Change-Id"])
    del tenant.talents[talent_id]
    tenant.gone.append(talent_id)
    pools = [pool for pool in tenant.pools.values() if talent_id in pool.members]
    for pool in pools:
        del pool.members[talent_id]
    tenant.write_down(LEFT, [talent_id] * len(pools))


# States


def block(tenant: Tenant, talent_id: str, option: int, reason: str) -> None:
    """On the block list, which needs a reason, or off it."""
    body = {"talent_id": talent_id, "option": option, **({"reason": reason} if reason else {})}
    reply = tenant.client.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", body)
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    if option == 1 and not reason:
        refused(reply, MISFIT)
        return
    done(reply, {})
    talent = tenant.talents[talent_id]
    was_blocked = talent.block is not None
    since = talent.block["blocked_time"] if talent.block else ""
    talent.block = {"reason": reason, "creator_id": tenant.app_id, "blocked_time": since} if option == 1 else None
    if was_blocked != (option == 1):
        tenant.write_down(BLOCKED if option == 1 else UNBLOCKED, [talent_id])
    tenant.touched.add(talent_id)


def onboard(tenant: Tenant, talent_id: str, operation: int, *, with_time: bool) -> None:
    """Once on board and once gone, in this order, each with its time."""
    times = {"onboard_time" if operation == 1 else "overboard_time": "1577808000000"} if with_time else {}
    reply = tenant.client.call("POST", f"{HIRE}/talents/{talent_id}/onboard_status", {"operation": operation, **times})
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    talent = tenant.talents[talent_id]
    if not with_time or talent.standing != ("new" if operation == 1 else "on board"):
        refused(reply, MISFIT)
        return
    done(reply, {})
    talent.standing = "on board" if operation == 1 else "left"
    tenant.touched.add(talent_id)


def external_info(tenant: Tenant, talent_id: str, method: str, moment: str) -> None:
    """Created once, then updated."""
    reply = tenant.client.call(method, f"{HIRE}/talents/{talent_id}/external_info", {"external_create_time": moment})
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    talent = tenant.talents[talent_id]
    if talent.has_external_info == (method == "POST"):
        refused(reply, MISFIT, [talent_id])
        return
    done(reply, {"external_info": {"talent_id": talent_id, "external_create_time": moment}})
    talent.has_external_info = True


# Notes


def create_note(tenant: Tenant, talent_id: str, body: dict[str, Any]) -> None:
    """A note on a talent. A mention lies within the content."""
    reply = tenant.client.call("POST", f"{HIRE}/notes", {"talent_id": talent_id, **body})
    if talent_id not in tenant.talents:
        refused(reply, NOBODY, [talent_id])
        return
    if _misses_content(body):
        refused(reply, MISFIT)
        return
    note = done(reply)["note"]
    expected = {
        "id": note["id"],
        "talent_id": talent_id,
        "is_private": body.get("privacy", 2) == 1,
        "create_time": note["create_time"],
        "modify_time": note["create_time"],
        "content": body["content"],
        "creator_id": body.get("creator_id") or tenant.app_id,
    }
    assert note == expected
    tenant.talents[talent_id].notes[note["id"]] = note
    tenant.touched.add(talent_id)


def update_note(tenant: Tenant, note_id: str, body: dict[str, Any]) -> None:
    """New content; the rest stays."""
    began = now()
    reply = tenant.client.call("PATCH", f"{HIRE}/notes/{note_id}", body)
    notes = _notes_with(tenant, note_id)
    if notes is None:
        refused(reply, MISFIT, [note_id])
        return
    if _misses_content(body):
        refused(reply, MISFIT)
        return
    note = done(reply)["note"]
    assert note == {**notes[note_id], "content": body["content"], "modify_time": note["modify_time"]}
    assert note["modify_time"] >= began
    notes[note_id] = note
    tenant.touched.add(note["talent_id"])


def delete_note(tenant: Tenant, note_id: str) -> None:
    """It is gone."""
    reply = tenant.client.call("DELETE", f"{HIRE}/notes/{note_id}")
    notes = _notes_with(tenant, note_id)
    if notes is None:
        refused(reply, MISFIT, [note_id])
        return
    done(reply, {})
    tenant.touched.add(notes.pop(note_id)["talent_id"])


def _misses_content(body: dict[str, Any]) -> bool:
    return any(mention["offset"] > len(body["content"]) for mention in body.get("mention_entity_list", []))


def _notes_with(tenant: Tenant, note_id: str) -> dict[str, dict[str, Any]] | None:
    return next((talent.notes for talent in tenant.talents.values() if note_id in talent.notes), None)


def _operator(tenant: Tenant, body: dict[str, Any], role: str) -> tuple[str, int]:
    return tenant.operator(body.get(f"{role}_id", ""), body.get(f"{role}_account_type", EMPLOYEE))
