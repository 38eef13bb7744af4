"""What a talent is beside their profile: on board or gone, on the block list, known to another system."""

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract import ids, operation_logs
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import parameter_fault, talents_not_found
from rencai.contract.talent_states import (
    BlockChange,
    ExternalInfo,
    NewExternalInfo,
    OnboardStatus,
    OneExternalInfo,
    TalentStatePath,
)
from rencai.contract.talent_views import BlockInfo
from rencai.operations import operation_logs as logs
from rencai.operations import users
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import as_json
from rencai.storage.seam import Transaction

ONBOARD = 1
BLOCK = 1


class State(msgspec.Struct, frozen=True):
    """A talent's state; what never was is None. Times in ms."""

    onboard_time: int | None = None
    overboard_time: int | None = None
    external_create_time: int | None = None
    blocked_time: int | None = None
    block_creator_id: str | None = None
    block_reason: str | None = None


class Known(msgspec.Struct, frozen=True):
    """Those of some ids that name a talent."""

    known: list[int]


async def talents_named(tx: Transaction, call: Call, field: str, talent_ids: list[str]) -> list[int]:
    """The numbers of talents by their ids, ascending. Raises the Fault 1002102 with those that name nobody.

    Statements: 1.
    """
    numbers = {text: ids.parse(text) for text in talent_ids}
    wanted = sorted({number for number in numbers.values() if number is not None})
    found = await tx.row(Known, "talents_known", tenant_id=call.caller.tenant_id, talent_ids=as_json(wanted))
    known = set(found.known if found else [])
    if missing := [text for text, number in numbers.items() if number not in known]:
        raise talents_not_found(field, missing)
    return wanted


async def talent_onboard_status_update(
    tx: Transaction, call: Call, path: TalentStatePath, body: OnboardStatus
) -> Outcome[Nothing]:
    """Note that a talent comes on board or leaves (contract §10). Whoever was on board can't come again.

    Statements: 3.
    """
    (talent_id,) = await talents_named(tx, call, "talent_id", [path.talent_id])
    state = await _locked_state(tx, call, talent_id)
    await _put(tx, call, talent_id, _onboarded(state, body) if body.operation == ONBOARD else _left(state, body))
    return Outcome(Nothing())


def _onboarded(state: State, body: OnboardStatus) -> State:
    if body.onboard_time is UNSET:
        raise parameter_fault("onboard_time", "is required with operation 1")
    if state.onboard_time is not None:
        words = "the talent is on board already" if state.overboard_time is None else "the talent has left"
        raise parameter_fault("operation", f"1 is not possible: {words}")
    return msgspec.structs.replace(state, onboard_time=int(body.onboard_time))


def _left(state: State, body: OnboardStatus) -> State:
    if body.overboard_time is UNSET:
        raise parameter_fault("overboard_time", "is required with operation 2")
    if state.onboard_time is None or state.overboard_time is not None:
        raise parameter_fault("operation", "2 is not possible: the talent is not on board")
    if int(body.overboard_time) < state.onboard_time:
        raise parameter_fault("overboard_time", "must not be before onboard_time")
    return msgspec.structs.replace(state, overboard_time=int(body.overboard_time))


async def talent_block_change(tx: Transaction, call: Call, body: BlockChange) -> Outcome[Nothing]:
    """Put a talent on the block list or take them off (contract §10). A repeat changes the reason at most.

    Statements: 2 to 4.
    """
    (talent_id,) = await talents_named(tx, call, "talent_id", [body.talent_id])
    state = await _locked_state(tx, call, talent_id)
    is_blocked = state.blocked_time is not None
    if body.option == BLOCK:
        if body.reason is UNSET:
            raise parameter_fault("reason", "is required with option 1")
        operation, new = operation_logs.BLOCKED, _blocked(call, state, body.reason)
    else:
        operation = operation_logs.UNBLOCKED
        new = msgspec.structs.replace(state, blocked_time=None, block_creator_id=None, block_reason=None)
    if new != state:
        await _put(tx, call, talent_id, new)
    if is_blocked != (body.option == BLOCK):
        await logs.write(tx, call, operation, [talent_id], users.operator_of(call))
    return Outcome(Nothing())


def _blocked(call: Call, state: State, reason: str) -> State:
    if state.blocked_time is not None:
        return msgspec.structs.replace(state, block_reason=reason)
    return msgspec.structs.replace(
        state, blocked_time=call.now, block_creator_id=call.caller.app_id, block_reason=reason
    )


async def talent_external_info_create(
    tx: Transaction, call: Call, path: TalentStatePath, body: NewExternalInfo
) -> Outcome[OneExternalInfo]:
    """Note when another system made a talent (contract §10). Statements: 3."""
    (talent_id,) = await talents_named(tx, call, "talent_id", [path.talent_id])
    state = await _locked_state(tx, call, talent_id)
    if state.external_create_time is not None:
        raise parameter_fault("talent_id", "has external info already; update it with PUT", path.talent_id)
    return await _put_external_info(tx, call, talent_id, state, body)


async def talent_external_info_update(
    tx: Transaction, call: Call, path: TalentStatePath, body: NewExternalInfo
) -> Outcome[OneExternalInfo]:
    """Correct when another system made a talent (contract §10). Statements: 3."""
    (talent_id,) = await talents_named(tx, call, "talent_id", [path.talent_id])
    state = await _locked_state(tx, call, talent_id)
    if state.external_create_time is None:
        raise parameter_fault("talent_id", "has no external info; create it with POST", path.talent_id)
    return await _put_external_info(tx, call, talent_id, state, body)


async def _put_external_info(
    tx: Transaction, call: Call, talent_id: int, state: State, body: NewExternalInfo
) -> Outcome[OneExternalInfo]:
    time = int(body.external_create_time)
    await _put(tx, call, talent_id, msgspec.structs.replace(state, external_create_time=time))
    return Outcome(OneExternalInfo(ExternalInfo(str(talent_id), str(time))))


async def state_of(tx: Transaction, call: Call, talent_id: int) -> State:
    """A talent's state. Statements: 1."""
    row = await tx.row(State, "talent_state", tenant_id=call.caller.tenant_id, talent_id=talent_id)
    return State() if row is None else row


async def _locked_state(tx: Transaction, call: Call, talent_id: int) -> State:
    await tx.lock("talent_lock", tenant_id=call.caller.tenant_id, talent_id=talent_id)
    return await state_of(tx, call, talent_id)


async def block_of(tx: Transaction, call: Call, talent_id: int) -> BlockInfo | UnsetType:
    """Why a talent is on the block list; not set for one who is not. Statements: 1."""
    state = await state_of(tx, call, talent_id)
    if state.blocked_time is None:
        return UNSET
    return BlockInfo(str(state.blocked_time), state.block_creator_id or "", state.block_reason or "")


async def _put(tx: Transaction, call: Call, talent_id: int, state: State) -> None:
    columns = msgspec.structs.asdict(state)
    await tx.run("talent_state_put", tenant_id=call.caller.tenant_id, talent_id=talent_id, **columns)
