"""Tokens: minted from an app's secret, recognised by their hash (decision 17)."""

import hashlib
import hmac

import msgspec

from rencai.contract.errors import APP_DISABLED, APP_SECRET_INVALID, APP_UNKNOWN, Fault
from rencai.contract.tokens import AppCredentials, AppToken, TenantToken
from rencai.operations.call import Call, Caller, Outcome
from rencai.storage.seam import Transaction

LIFE = 7200 * 1000
REUSED_WHILE = 1800 * 1000  # a token with this much life left is handed out again (contract §4)


class AppRow(msgspec.Struct, frozen=True):
    """What decides whether an app may have a token."""

    app_id: str
    secret_hash: str
    is_disabled: int


class NewestToken(msgspec.Struct, frozen=True):
    """The token minted last: what it is made of, and when it ends (ms)."""

    generation: int
    nonce: str
    expire_time: int


class CallerRow(msgspec.Struct, frozen=True):
    """Who a token stands for."""

    tenant_id: int
    app_id: str
    scopes: str
    rate_limits: str
    page_key: str
    tenant_key: str
    expire_time: int


async def tenant_token_create(tx: Transaction, call: Call, body: AppCredentials) -> Outcome[TenantToken]:
    """A tenant access token: the one there is while 30 minutes of it remain, else a new one."""
    token, expire = await _token(tx, call, body)
    return Outcome(TenantToken(token, expire))


async def app_token_create(tx: Transaction, call: Call, body: AppCredentials) -> Outcome[AppToken]:
    """The same token, under both names."""
    token, expire = await _token(tx, call, body)
    return Outcome(AppToken(token, token, expire))


async def _token(tx: Transaction, call: Call, credentials: AppCredentials) -> tuple[str, int]:
    app = await _app(tx, credentials)
    newest = await tx.row(NewestToken, "token_newest", app_id=app.app_id)
    if newest is None or newest.expire_time - call.now < REUSED_WHILE:
        newest = await _mint(tx, call, credentials, newest.generation + 1 if newest else 1)
    return _token_text(credentials, newest.nonce), (newest.expire_time - call.now) // 1000


async def _app(tx: Transaction, credentials: AppCredentials) -> AppRow:
    """The app, if it may have a token. Raises the Fault that says why not."""
    app = await tx.row(AppRow, "app_by_id", app_id=credentials.app_id)
    if app is None:
        raise Fault(APP_UNKNOWN)
    if not hmac.compare_digest(hash_of(credentials.app_secret), app.secret_hash):
        raise Fault(APP_SECRET_INVALID)
    if app.is_disabled:
        raise Fault(APP_DISABLED)
    return app


async def _mint(tx: Transaction, call: Call, credentials: AppCredentials, generation: int) -> NewestToken:
    if await tx.lock("app_lock", app_id=credentials.app_id):  # or a token would outlive the secret it is made from
        await _app(tx, credentials)
    # The nonce is no secret, it only has to be new: an id of the call is, and stays the same on every attempt.
    nonce = str(call.ids(1)[0])
    await tx.run("tokens_delete_expired", app_id=credentials.app_id, time=call.now)
    await tx.run(
        "token_insert",
        token_hash=hash_of(_token_text(credentials, nonce)),
        app_id=credentials.app_id,
        generation=generation,
        nonce=nonce,
        expire_time=call.now + LIFE,
    )
    newest = await tx.row(NewestToken, "token_newest", app_id=credentials.app_id)
    assert newest is not None  # ours, or that of whoever came first  # noqa: S101
    return newest


def _token_text(credentials: AppCredentials, nonce: str) -> str:
    message = f"{credentials.app_id}{nonce}".encode()
    return "t-" + hmac.digest(credentials.app_secret.encode(), message, "sha256").hex()


def hash_of(secret: str) -> str:
    """The SHA-256 under which a secret or token is kept, in hex."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


async def caller_of(tx: Transaction, token: str) -> tuple[Caller, int] | None:
    """Who a token stands for and until when (ms); None for one that is not ours or whose app is disabled."""
    row = await tx.row(CallerRow, "caller_by_token", token_hash=hash_of(token))
    if row is None:
        return None
    caller = Caller(
        row.tenant_id,
        row.app_id,
        frozenset(row.scopes.split()),
        row.rate_limits,
        bytes.fromhex(row.page_key),
        row.tenant_key,
    )
    return caller, row.expire_time
