-- Where history begins.

-- Since when (ms) a tenant's history is whole: what was before has been pruned. No row: nothing has been. Memberships
-- that held then are kept; their began_version may be one whose change is gone.
CREATE TABLE history_starts (
    tenant_id BIGINT NOT NULL PRIMARY KEY,
    time BIGINT NOT NULL
) WITHOUT ROWID;
