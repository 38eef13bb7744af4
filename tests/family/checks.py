"""What a tenant shows, through every call that reads, held against the model."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from family import shapes
from family.alphabets import MOBILES, USERS
from family.replies import HIRE, MISFIT, NATIVE, NOBODY, done, refused
from family.world import OPERATIONS, Entry, Talent, Tenant, document_of, english, identities_of, plain, words_of

BY_UPDATE, BY_ENTRY = 1, 4
OPERATORS = {"and", "or", "not"}
Json = dict[str, Any]


def everything(tenant: Tenant, page_size: int = 3) -> None:
    """All that a tenant shows."""
    tenant.touched.clear()
    alone = {who: one_talent(tenant, talent) for who, talent in tenant.talents.items()}
    for talent_id in tenant.gone[-2:]:
        nobody(tenant, talent_id)
    for sort_by in (BY_UPDATE, BY_ENTRY):
        for item in listed(tenant, "", sort_by, page_size):
            assert item == _as_listed(alone[item["id"]])
    pools(tenant, page_size)
    folders(tenant, page_size)
    tags(tenant, page_size)
    fields(tenant)
    for talent in tenant.talents.values():
        notes(tenant, talent, page_size)
    log(tenant, page_size + 4)
    changes(tenant, page_size + 4)


def touched(tenant: Tenant) -> None:
    """The talents that the step touched."""
    for talent_id in sorted(tenant.touched & tenant.talents.keys()):
        one_talent(tenant, tenant.talents[talent_id])
    tenant.touched.clear()


def one_talent(tenant: Tenant, talent: Talent) -> Json:
    """Both shapes of one talent: they agree with each other and with the model. v1's is handed out."""
    v1 = done(tenant.client.call("GET", f"{HIRE}/talents/{talent.talent_id}"))["talent"]
    v2 = done(tenant.client.call("GET", f"/open-apis/hire/v2/talents/{talent.talent_id}"))
    _learn_times(talent, v2["basic_info"])
    common = shapes.of_v1(v1)
    assert shapes.of_v2(v2) == common
    known = shapes.of_model(tenant, talent)
    shown = shapes.without_moments(common)
    assert {name: shown[name] for name in known} == known
    assert v1["basic_info"].get("creator_id") == talent.profile.get("creator_id")
    _surroundings(tenant, talent, v2)
    return v1


def _learn_times(talent: Talent, person: Json) -> None:
    """Times the model can't know: it takes them over once, not before the change, and holds the server to them."""
    if not talent.update_time:
        assert int(person["update_time"]) >= talent.changed_after
        talent.update_time = person["update_time"]
    talent.create_time = talent.create_time or person["create_time"]
    assert (person["create_time"], person["update_time"]) == (talent.create_time, talent.update_time)


def _learned(known: str, shown: str) -> str:
    assert shown == (known or shown)
    assert int(shown) > 0
    return shown


def _surroundings(tenant: Tenant, talent: Talent, v2: Json) -> None:
    who = talent.talent_id
    inside = {pool_id: pool for pool_id, pool in tenant.pools.items() if who in pool.members}
    assert sorted(v2["talent_pool_id_list"]) == sorted(inside)
    refs = {ref["id"]: ref for ref in v2["talent_pool_ref_list_v2"]}
    assert len(refs) == len(v2["talent_pool_ref_list_v2"])
    for pool_id, pool in inside.items():
        pool.members[who] = _learned(pool.members[who], refs[pool_id]["add_time"])
    assert refs == {
        pool_id: {
            "id": pool_id,
            "name": english(pool.name),
            "description": english(""),
            "add_time": pool.members[who],
        }
        for pool_id, pool in inside.items()
    }
    refs = {ref["folder_id"]: ref for ref in v2["talent_folder_ref_list_v2"]}
    assert refs.keys() == talent.folders.keys()
    assert len(refs) == len(v2["talent_folder_ref_list_v2"])
    for folder_id, ref in refs.items():
        talent.folders[folder_id] = _learned(talent.folders[folder_id], ref["add_time"])
        there = tenant.folders[folder_id]
        owner = _given("owner_id", there["owner_id"])
        shown = {"folder_id": folder_id, "name": there["name"], **owner, "add_time": talent.folders[folder_id]}
        assert ref == shown
    tags_shown = [
        {name: tenant.tags[tag_id][name] for name in ("id", "name", "description", "type")}
        for tag_id in sorted(talent.tags)
    ]
    assert sorted(v2["tag_list"], key=lambda ref: ref["id"]) == tags_shown
    _block(talent, v2)
    similar = sorted(other for other, twin in tenant.talents.items() if other != who and twin.is_similar_to(talent))
    assert v2["similar_info_v2"]["is_similar_talent"] == bool(similar)
    assert sorted(v2["similar_info_v2"]["similar_talent_id_list"]) == similar
    assert v2["note_list_v2"] == [_note_of_v2(note) for note in reversed(talent.notes.values())]


def _block(talent: Talent, v2: Json) -> None:
    if talent.block is not None and "block_info" in v2:
        talent.block["blocked_time"] = _learned(talent.block["blocked_time"], v2["block_info"]["blocked_time"])
    assert v2.get("block_info") == talent.block


def _note_of_v2(note: Json) -> Json:
    return {
        "id": note["id"],
        "talent_id": note["talent_id"],
        "create_time": str(note["create_time"]),
        "update_time": str(note["modify_time"]),
        "content": note["content"],
        "privacy": 1 if note["is_private"] else 2,
        "creator_id": note["creator_id"],
    }


def nobody(tenant: Tenant, talent_id: str) -> None:
    """Somebody who is gone, or never was."""
    for shape in ("v1", "v2"):
        reply = tenant.client.call("GET", f"/open-apis/hire/{shape}/talents/{talent_id}")
        assert reply.status == 404
        refused(reply, NOBODY, [talent_id])
    refused(tenant.client.call("GET", f"{HIRE}/notes?talent_id={talent_id}"), NOBODY, [talent_id])


def listed(tenant: Tenant, keyword: str, sort_by: int, page_size: int) -> list[Json]:
    """The list of talents with a keyword, or of all: who is in it and in which order."""
    words = words_of(keyword)
    path = f"{HIRE}/talents?sort_by={sort_by}&keyword={quote(keyword)}"
    if OPERATORS.intersection(words):
        refused(tenant.client.call("GET", path), MISFIT)
        return []
    found = [who for who, talent in tenant.talents.items() if all(talent.has_keyword(word) for word in words)]
    if not found:
        refused(tenant.client.call("GET", path), NOBODY)
    items = list(tenant.client.pages(f"{path}&query_option=ignore_empty_error", page_size))
    shown = [item["id"] for item in items]
    assert sorted(shown) == sorted(found), keyword
    if sort_by == BY_ENTRY:
        assert shown == found[::-1]
    else:
        times = [
            int(tenant.talents[who].update_time or item["basic_info"]["modify_time"])
            for who, item in zip(shown, items, strict=True)
        ]
        assert times == sorted(times, reverse=True)
    return items


def _as_listed(alone: Json) -> Json:
    """A talent as v1 shows it alone, without what a list leaves out."""
    person = {name: value for name, value in alone["basic_info"].items() if name != "hukou_location_code"}
    left = {name: value for name, value in alone.items() if name != "registration_list"}
    return _without_values({**left, "basic_info": person})


def _without_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_values(part) for name, part in value.items() if name != "customized_data_list"}
    return [_without_values(part) for part in value] if isinstance(value, list) else value


def identities(
    tenant: Tenant, spellings: list[tuple[str, str]], emails: list[str], document: Json | None = None
) -> None:
    """batch_get_id: who has one of the mobiles, one of the e-mails and the document, of those kinds that are given."""
    body: Json = {"email_list": emails, "mobile_number_list": [mobile for mobile, _ in spellings]}
    if document is not None:
        body["identification_type"] = document["identification_type"]
        body["identification_number_list"] = [document["identification_number"]]
    reply = tenant.client.call("POST", f"{HIRE}/talents/batch_get_id", body)
    wanted = {
        "mobile": {f"{number} {code}" for number, code in (MOBILES[spelling] for spelling in spellings)},
        "email": {plain(email) for email in emails},
        "identification": {identities_of(document)["identification"]} if document is not None else set(),
    }
    wanted = {kind: values for kind, values in wanted.items() if values}
    expected: dict[str, Json] = {}
    for who, talent in tenant.talents.items() if wanted else ():
        theirs = identities_of(talent.person)
        if all(theirs.get(kind) in values for kind, values in wanted.items()):
            found: Json = {"talent_id": who, "is_onboarded": talent.standing == "on board"}
            if "mobile" in wanted:
                found["mobile_code"] = theirs["mobile"].partition(" ")[2]
                found["mobile_number"] = talent.person["mobile"]
            if "email" in wanted:
                found["email"] = talent.person["email"]
            if document is not None:
                found |= document_of(talent.person)
            expected[who] = found
    shown = done(reply)["talent_list"]
    assert sorted(shown, key=lambda item: item["talent_id"]) == [expected[who] for who in sorted(expected)]


def pools(tenant: Tenant, page_size: int) -> None:
    """The pools and who is in them."""
    shown = list(tenant.client.pages(f"{HIRE}/talent_pools", page_size))
    assert [(item["id"], item["i18n_name"]) for item in shown] == [
        (i, english(pool.name)) for i, pool in tenant.pools.items()
    ]
    for pool_id, pool in tenant.pools.items():
        path = f"{NATIVE}/talent_pools/{pool_id}/talents"
        items = list(tenant.client.pages(path, page_size))
        members = {item["talent_id"]: item["add_time"] for item in items}
        assert len(members) == len(items)
        assert members == {who: time or members.get(who) for who, time in pool.members.items()}
        pool.members.update(members)
        assert done(tenant.client.call("GET", f"{path}?page_size=1"))["member_count"] == len(members)


def folders(tenant: Tenant, page_size: int) -> None:
    """The folders in order of creation."""
    shown = list(tenant.client.pages(f"{HIRE}/talent_folders", page_size))
    expected = [
        {"folder_id": folder_id, "folder_name": there["name"], **_given("owner_id", there["owner_id"])}
        for folder_id, there in tenant.folders.items()
    ]
    assert shown == expected


def _given(name: str, value: str) -> Json:
    return {name: value} if value else {}


def tags(tenant: Tenant, page_size: int) -> None:
    """The tags, newest first, with and without those that are off."""
    newest = list(reversed(tenant.tags.values()))
    assert list(tenant.client.pages(f"{HIRE}/talent_tags?include_inactive=true", page_size)) == newest
    on = [tag for tag in newest if tag["active_status"] == 1]
    assert list(tenant.client.pages(f"{HIRE}/talent_tags", page_size)) == on


def fields(tenant: Tenant) -> None:
    """The custom fields, each in its module."""
    shown: dict[str, tuple[str, Json]] = {}
    for module in done(tenant.client.call("GET", f"{HIRE}/talent_objects/query"))["items"]:
        if module["is_customized"]:
            shown[module["id"]] = ("", module)
        shown |= {child["id"]: (module["id"], child) for child in module["children_list"]}
    assert {
        object_id: (parent_id, there["name"], there["setting"]["object_type"], there["active_status"] == 1)
        for object_id, (parent_id, there) in shown.items()
    } == {
        object_id: (there.parent_id, english(there.name), there.object_type, there.is_on)
        for object_id, there in tenant.fields.items()
    }
    for object_id, there in tenant.fields.items():
        options = shown[object_id][1]["setting"]["config"]["options"]
        assert {option["key"]: option["active_status"] == 1 for option in options} == there.options


def notes(tenant: Tenant, talent: Talent, page_size: int) -> None:
    """A talent's notes, newest first, in the list and alone."""
    newest = list(reversed(talent.notes.values()))
    assert list(tenant.client.pages(f"{HIRE}/notes?talent_id={talent.talent_id}", page_size)) == newest
    for note in newest[:1]:
        done(tenant.client.call("GET", f"{HIRE}/notes/{note['id']}"), {"note": note})


def log(tenant: Tenant, page_size: int) -> None:
    """The log of operations: call for call, newest first; and what one operator did, or what was done of one kind."""
    operators = [tenant.app_id, *USERS]
    newest = _log(tenant, operators, OPERATIONS, page_size)
    at = 0
    for entries in reversed(tenant.log):
        assert Counter(newest[at : at + len(entries)]) == Counter(entries)
        at += len(entries)
    assert at == len(newest)
    # One operator and one kind of operation, another with each new entry.
    operator, operation = operators[at % len(operators)], OPERATIONS[at % len(OPERATIONS)]
    assert _log(tenant, [operator], OPERATIONS, 100) == [entry for entry in newest if entry.operator_id == operator]
    assert _log(tenant, operators, [operation], 100) == [entry for entry in newest if entry.operation_type == operation]


def _log(tenant: Tenant, operators: Iterable[str], operations: Iterable[int], page_size: int) -> list[Entry]:
    body = {"operator_id_list": list(operators), "operation_list": list(operations)}
    found: list[Entry] = []
    token = ""
    while True:
        query = f"page_size={page_size}&page_token={token}"
        page = done(tenant.client.call("POST", f"{HIRE}/talent_operation_logs/search?{query}", body))
        found += [
            Entry(item["talent_id"], item["operation_type"], item["operator"]["id"], item["operator_type"])
            for item in page["items"]
        ]
        if not page["has_more"]:
            return found
        token = page["page_token"]


def changes(tenant: Tenant, page_size: int) -> None:
    """The changes of membership, newest first."""
    shown = [item["id"] for item in tenant.client.pages(f"{NATIVE}/changes", page_size)]
    assert shown == tenant.changes[::-1]
