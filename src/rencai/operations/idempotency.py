"""Calls that may be repeated without harm: what a call with a key answered is kept for 24 hours (decision 35).

It is kept in the transaction of the change, and only where the call went well: a refused one may be tried again.
"""

import hashlib
from typing import Any

import msgspec

from rencai.contract.errors import KEY_IN_USE, KEY_REUSED, Fault, Violation
from rencai.operations.call import Call, CallUnit, Outcome
from rencai.storage.seam import Locked, Transaction

LIFE = 24 * 3600 * 1000
NO_PATH = "null"  # the path of a call that has no parameters in it


class Key(msgspec.Struct, frozen=True):
    """What names a call: the key, the path and the hash of what was asked. Tenant, app and operation are the call's."""

    key: str
    path: str
    body_hash: str


class Kept(msgspec.Struct, frozen=True):
    """What the first call answered; no change is 0, no version an empty etag."""

    body_hash: str
    change_id: int
    etag: str
    reply: str


def key_of(key: str, given: dict[str, msgspec.Struct]) -> Key:
    """The key of a call with these decoded parts. Order of fields and blanks in the JSON make no difference."""
    path = msgspec.json.encode(given.get("path")).decode()
    asked = msgspec.json.encode([given.get("query"), given.get("body")], order="deterministic")
    return Key(key, path, hashlib.sha256(asked).hexdigest())


async def replayed(tx: Transaction, call: Call, key: Key, reply: type[msgspec.Struct]) -> Outcome[Any] | None:
    """What the first call with the key answered, or None. Raises the Fault 1990005 where it asked for another thing.

    Where another process makes such a call, it is waited for. Raises the Fault 1990006 when that takes too long.
    Statements: 1.
    """
    try:
        await tx.lock("idempotency_key_lock", time=call.now, **_here(call, key))
    except Locked as late:
        raise Fault(KEY_IN_USE, headers=(("Retry-After", "1"),)) from late
    kept = await tx.row(Kept, "idempotency_key_find", time=call.now, **_here(call, key))
    if kept is None:
        return None
    if kept.body_hash != key.body_hash:
        words = "was used for the same call with another body"
        raise Fault(KEY_REUSED, Violation("Idempotency-Key", words))
    version = int(kept.etag) if kept.etag else None
    return Outcome(msgspec.json.decode(kept.reply, type=reply), kept.change_id or None, version)


class Once(msgspec.Struct, frozen=True):
    """A unit that is not run where a call with its key was answered before: that answer is given again."""

    unit: CallUnit[Outcome[Any]]
    key: Key
    reply: type[msgspec.Struct]

    async def __call__(self, tx: Transaction) -> Outcome[Any]:
        """The first answer."""
        call = self.unit.call
        kept = await replayed(tx, call, self.key, self.reply)
        if kept is not None:
            return kept
        outcome = await self.unit(tx)
        await keep(tx, call, self.key, outcome)
        return outcome


async def is_kept(tx: Transaction, call: Call, key: Key) -> bool:
    """Whether a call with the key was answered, whatever it asked for. Statements: 1."""
    return await tx.row(Kept, "idempotency_key_find", time=call.now, **_here(call, key)) is not None


async def keep(tx: Transaction, call: Call, key: Key, outcome: Outcome[Any]) -> None:
    """Keep what the call answers, and drop some that have been kept long enough. Statements: 2."""
    await tx.run("idempotency_keys_delete_expired", tenant_id=call.caller.tenant_id, time=call.now)
    await tx.run(
        "idempotency_key_put",
        body_hash=key.body_hash,
        change_id=outcome.change_id or 0,
        etag="" if outcome.version is None else str(outcome.version),
        reply=msgspec.json.encode(outcome.data).decode(),
        expire_time=call.now + LIFE,
        **_here(call, key),
    )


def _here(call: Call, key: Key) -> dict[str, object]:
    return {
        "tenant_id": call.caller.tenant_id,
        "app_id": call.caller.app_id,
        "operation": call.operation,
        "path": key.path,
        "key": key.key,
    }
