"""Expressions over pools (decision 38), worked out block by block of ascending ids, so that no pool is held whole.

A block ends where the first of the pools has given its share; inside of a block, sets do the work.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.errors import TOO_MANY_TALENTS, Fault, Violation, parameter_fault, talent_pool_not_found
from rencai.contract.fields import Paged
from rencai.contract.membership_changes import MOST_TALENTS, Evaluated, Evaluation, Expression
from rencai.operations import membership, moments, paging
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import PoolState
from rencai.storage.seam import Transaction

MOST_POOLS = 32
DEEPEST = 8
MOST_MEMBERS = 1_000_000  # of all pools of a change's expression, so that working it out does not hold the writer up
BLOCK = 20_000


class Ids(msgspec.Struct, frozen=True):
    """A row with a list of ids."""

    ids: list[int]


class Snapshot(NamedTuple):
    """The pools of an expression, each as it was at a version."""

    versions: dict[int, int]


async def talent_pool_evaluate(tx: Transaction, call: Call, query: Paged, body: Evaluation) -> Outcome[Evaluated]:
    """How many talents an expression names, and a page of them."""
    refuse_misshapen("expression", body.expression)
    bound_to = paging.filter_of(query) + msgspec.json.encode(body).decode()
    (after,) = paging.position(call, query.page_token, (0,), bound_to)
    at = None if body.at is UNSET else await moments.past(tx, call, "at", body.at)
    snapshot = await _snapshot(tx, call, "expression", body.expression, at)
    count = 0
    found: list[int] = []
    async for block in _blocks(tx, call, body.expression, snapshot):
        count += len(block)
        if len(found) <= query.page_size:
            found += [number for number in block if number > after][: query.page_size + 1 - len(found)]
    shown, has_more, token = paging.page(call, found, [(number,) for number in found], query.page_size, bound_to)
    return Outcome(Evaluated(count, [str(number) for number in shown], has_more, token))


async def members_of(tx: Transaction, call: Call, field: str, expression: str | Expression) -> list[int]:
    """The talents that an expression names now, ascending. Raises the Fault 1990009 for more than a change may hold."""
    pools = await _pools(tx, call, field, expression)
    if sum(pool.member_count for pool in pools.values()) > MOST_MEMBERS:
        raise Fault(TOO_MANY_TALENTS, Violation(field, f"names pools of more than {MOST_MEMBERS} members in all"))
    snapshot = Snapshot({pool_id: pool.version for pool_id, pool in pools.items()})
    found: list[int] = []
    async for block in _blocks(tx, call, expression, snapshot):
        found += block
        if len(found) > MOST_TALENTS:
            raise Fault(TOO_MANY_TALENTS, Violation(field, f"names more than {MOST_TALENTS} talents"))
    return found


async def _snapshot(tx: Transaction, call: Call, field: str, expression: str | Expression, at: int | None) -> Snapshot:
    pools = await _pools(tx, call, field, expression)
    if at is None:
        return Snapshot({pool_id: pool.version for pool_id, pool in pools.items()})
    return Snapshot({pool_id: await moments.version_at(tx, call, pool, at) for pool_id, pool in pools.items()})


async def _pools(tx: Transaction, call: Call, field: str, expression: str | Expression) -> dict[int, PoolState]:
    """The pools that an expression names. Raises the Faults of an unknown one, and of too many or too deep."""
    named = _leaves_of(field, expression)
    numbers = {text: ids.parse(text) for _, text in named}
    pools = await membership.pool_states(tx, call, [number for number in numbers.values() if number is not None])
    for place, text in named:
        if numbers[text] not in pools:
            raise talent_pool_not_found(place, text)
    return pools


def refuse_misshapen(field: str, expression: str | Expression) -> None:
    """Raise the parameter Fault of an expression that is none, whatever pools there are."""
    _leaves_of(field, expression)


def _leaves_of(field: str, expression: str | Expression) -> list[tuple[str, str]]:
    """The pools in an expression with their places. Each mention counts: the work goes by mentions, not by pools."""
    named = list(islice(_leaves(expression, field, 1), MOST_POOLS + 1))
    if len(named) > MOST_POOLS:
        raise parameter_fault(field, f"names more than {MOST_POOLS} pools, one named twice counted twice")
    return named


def _leaves(expression: str | Expression, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """The same as long as they are wanted. Raises the parameter Fault for one that is none of the three or too deep."""
    if isinstance(expression, str):
        yield place, expression
        return
    if depth > DEEPEST:
        raise parameter_fault(place, f"is nested more than {DEEPEST} deep")
    given = [
        (name, operands)
        for name in ("union", "intersect", "minus")
        if (operands := getattr(expression, name)) is not UNSET
    ]
    if len(given) != 1:
        raise parameter_fault(place, "must be one of union, intersect and minus")
    ((name, operands),) = given
    for index, operand in enumerate(operands):
        yield from _leaves(operand, f"{place}.{name}[{index}]", depth + 1)


async def versions_of(tx: Transaction, call: Call, field: str, expression: str | Expression) -> dict[int, int]:
    """The pools of an expression and the version of each. Raises the Faults of a wrong expression. Statements: 1."""
    return {pool_id: pool.version for pool_id, pool in (await _pools(tx, call, field, expression)).items()}


async def _blocks(
    tx: Transaction, call: Call, expression: str | Expression, snapshot: Snapshot
) -> AsyncIterator[list[int]]:
    """The talents of an expression, in ascending blocks."""
    after = 0
    while after is not None:
        found, after = await block_after(tx, call, expression, snapshot, after)
        yield found


async def block_after(
    tx: Transaction, call: Call, expression: str | Expression, snapshot: Snapshot, after: int, size: int = BLOCK
) -> tuple[list[int], int | None]:
    """The next talents of an expression, ascending, and where the block after them begins; None at the end.

    `size` is how many members of each pool are looked at. Statements: 1 a pool.
    """
    first = {
        pool_id: await _first(tx, call, pool_id, version, after, size) for pool_id, version in snapshot.versions.items()
    }
    full = [found[-1] for found in first.values() if len(found) == size]
    until = min(full, default=None)
    last = ids.LARGEST if until is None else until
    sets = {pool_id: {number for number in found if number <= last} for pool_id, found in first.items()}
    return sorted(_evaluated(expression, sets)), until


async def _first(tx: Transaction, call: Call, pool_id: int, version: int, after: int, size: int) -> list[int]:
    row = await tx.row(
        Ids,
        "membership_block_at",
        tenant_id=call.caller.tenant_id,
        pool_id=pool_id,
        version=version,
        after=after,
        block=size,
    )
    return row.ids if row is not None else []


def _evaluated(expression: str | Expression, sets: dict[int, set[int]]) -> set[int]:
    if isinstance(expression, str):
        return sets[int(expression)]
    if expression.union is not UNSET:
        return set[int]().union(*(_evaluated(operand, sets) for operand in expression.union))
    if expression.intersect is not UNSET:
        first, *others = (_evaluated(operand, sets) for operand in expression.intersect)
        return first.intersection(*others)
    first, *others = (_evaluated(operand, sets) for operand in expression.minus or [])
    return first.difference(*others)
