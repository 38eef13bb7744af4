"""Apps and tenants, for the command line: no endpoint makes or shows them."""

import secrets

import msgspec

from rencai.operations.call import Number
from rencai.operations.tokens import AppRow, hash_of
from rencai.storage.seam import Transaction


class TenantRow(msgspec.Struct, frozen=True):
    """A tenant by name."""

    tenant_id: int
    tenant_key: str


class NewApp(msgspec.Struct, frozen=True):
    """An app as the command line asks for it. `rate_limits` is feishu, off or a factor."""

    tenant: str
    name: str
    scopes: tuple[str, ...]
    rate_limits: str


class AppCreated(msgspec.Struct, frozen=True):
    """What is shown once."""

    tenant_key: str
    app_id: str
    app_secret: str


class App(msgspec.Struct, frozen=True):
    """An app as a list shows it; `create_time` in ms."""

    app_id: str
    tenant: str
    tenant_key: str
    name: str
    scopes: str
    rate_limits: str
    is_disabled: int
    create_time: int


class Credentials(msgspec.Struct, frozen=True):
    """An app's id and secret, drawn at random."""

    app_id: str
    app_secret: str

    @classmethod
    def drawn(cls) -> "Credentials":
        """New credentials (decision 17)."""
        return cls("cli_" + secrets.token_hex(8), secrets.token_urlsafe(24))


async def app_create(tx: Transaction, new: NewApp, credentials: Credentials, now: int) -> AppCreated:
    """Make an app, and its tenant if there is none of that name."""
    tenant = await tx.row(TenantRow, "tenant_by_name", name=new.tenant)
    if tenant is None:
        # Counted, not drawn: the number stands in every key of every row, and a small one is kept in a byte.
        newest = await tx.row(Number, "tenant_newest")
        tenant = TenantRow(newest.value + 1 if newest else 1, secrets.token_hex(8))
        await tx.run(
            "tenant_insert",
            tenant_id=tenant.tenant_id,
            tenant_key=tenant.tenant_key,
            name=new.tenant,
            page_key=secrets.token_hex(32),
            time=now,
        )
    await tx.run(
        "app_insert",
        app_id=credentials.app_id,
        tenant_id=tenant.tenant_id,
        name=new.name,
        secret_hash=hash_of(credentials.app_secret),
        scopes=" ".join(new.scopes),
        rate_limits=new.rate_limits,
        time=now,
    )
    return AppCreated(tenant.tenant_key, credentials.app_id, credentials.app_secret)


async def app_list(tx: Transaction) -> list[App]:
    """All apps, oldest first."""
    return await tx.rows(App, "apps_all")


async def tenant_ids(tx: Transaction) -> list[int]:
    """The numbers of all tenants, oldest first."""
    return [tenant.value for tenant in await tx.rows(Number, "tenants_all")]


async def app_disable(tx: Transaction, app_id: str) -> bool:
    """Disable an app and end its tokens. False where there is no such app."""
    if await _is_unknown(tx, app_id):
        return False
    await tx.run("app_disable", app_id=app_id)
    await tx.run("tokens_delete_of_app", app_id=app_id)
    return True


async def app_rotate_secret(tx: Transaction, app_id: str, app_secret: str) -> bool:
    """Give an app a new secret and end its tokens. False where there is no such app."""
    if await _is_unknown(tx, app_id):
        return False
    await tx.run("app_set_secret", app_id=app_id, secret_hash=hash_of(app_secret))
    await tx.run("tokens_delete_of_app", app_id=app_id)
    return True


async def _is_unknown(tx: Transaction, app_id: str) -> bool:
    return await tx.row(AppRow, "app_by_id", app_id=app_id) is None
