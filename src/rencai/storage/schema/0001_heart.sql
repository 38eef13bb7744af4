-- The schema, one for all engines (the other engines' loaders drop WITHOUT ROWID). The tenant comes first in
-- every key. Ids are int64 made by the application, times are milliseconds, id lists are JSON text.

-- Which numbered schema this is. Belongs to no tenant.
CREATE TABLE schema_version (
    version BIGINT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- Leads to the tenant: a name that the command line knows, a key that goes out.
CREATE TABLE tenants (
    tenant_id BIGINT NOT NULL PRIMARY KEY,
    tenant_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    page_key TEXT NOT NULL, -- hex; signs page tokens
    create_time BIGINT NOT NULL
) WITHOUT ROWID;

-- Leads to the tenant. The secret is random, so a plain SHA-256 of it is enough (decision 17).
CREATE TABLE apps (
    app_id TEXT NOT NULL PRIMARY KEY,
    tenant_id BIGINT NOT NULL REFERENCES tenants (tenant_id),
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL, -- separated by blanks
    rate_limits TEXT NOT NULL, -- feishu, off or a factor
    is_disabled BIGINT NOT NULL DEFAULT 0,
    create_time BIGINT NOT NULL
) WITHOUT ROWID;

-- Leads to the tenant. A token is made again from the secret and the nonce; only its hash is kept. Two processes
-- that mint at once meet at the unique generation.
CREATE TABLE tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (app_id),
    generation BIGINT NOT NULL,
    nonce TEXT NOT NULL,
    expire_time BIGINT NOT NULL,
    UNIQUE (app_id, generation)
) WITHOUT ROWID;

-- The last three columns move with every change of membership, in the same transaction (decision 32).
CREATE TABLE talent_pools (
    tenant_id BIGINT NOT NULL,
    pool_id BIGINT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_zh TEXT NOT NULL,
    description_en TEXT NOT NULL,
    parent_id BIGINT,
    is_private BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    modify_time BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 0,
    change_time BIGINT NOT NULL DEFAULT 0,
    member_count BIGINT NOT NULL DEFAULT 0 CHECK (member_count >= 0),
    PRIMARY KEY (tenant_id, pool_id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES talent_pools (tenant_id, pool_id)
) WITHOUT ROWID;

CREATE INDEX talent_pools_parent ON talent_pools (tenant_id, parent_id);

-- Narrow, because every change looks 50 of them up: what is known of a person is beside it.
CREATE TABLE talents (
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id)
) WITHOUT ROWID;

-- The whole body of combined_create, as JSON.
CREATE TABLE talent_profiles (
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    profile TEXT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
);

-- What names one person only: kind is email, mobile or identification, value its normal form (decision 26).
CREATE TABLE talent_identities (
    tenant_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    talent_id BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, value),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
) WITHOUT ROWID;

CREATE INDEX talent_identities_talent ON talent_identities (tenant_id, talent_id);

-- Memberships now (ended_version 0) and past (the pool's version that ended it). One table, not two: ending a
-- membership moves its row inside the two trees it is in already; moving it to a table of its own costs a third
-- more (docs/decisions/0002). began_version and ended_version lead to the change and its true time through
-- change_parts; add_time is what is shown.
CREATE TABLE memberships (
    tenant_id BIGINT NOT NULL,
    pool_id BIGINT NOT NULL,
    ended_version BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    began_version BIGINT NOT NULL,
    add_time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, pool_id, ended_version, talent_id)
) WITHOUT ROWID;

-- A person's pools. The dearest index of all (storage measurements), and the only way to a person's pools that
-- does not probe every pool of the tenant.
CREATE UNIQUE INDEX memberships_talent ON memberships (tenant_id, talent_id, ended_version, pool_id);

-- One row a change of membership, whichever call made it (decision 30).
CREATE TABLE changes (
    tenant_id BIGINT NOT NULL,
    change_id BIGINT NOT NULL,
    operation TEXT NOT NULL,
    app_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (tenant_id, change_id)
) WITHOUT ROWID;

-- What a change did to a pool: at most 10,000 ids a row, all rows of a pool and change share the version.
CREATE TABLE change_parts (
    tenant_id BIGINT NOT NULL,
    change_id BIGINT NOT NULL,
    pool_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    version BIGINT NOT NULL,
    time BIGINT NOT NULL,
    added_count BIGINT NOT NULL,
    removed_count BIGINT NOT NULL,
    added TEXT NOT NULL,
    removed TEXT NOT NULL,
    PRIMARY KEY (tenant_id, change_id, pool_id, part),
    FOREIGN KEY (tenant_id, change_id) REFERENCES changes (tenant_id, change_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX change_parts_version ON change_parts (tenant_id, pool_id, version, part);
