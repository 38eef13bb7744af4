-- Changes that can be told apart, undone and repeated without harm.

-- run_id is the caller's own label that groups changes; undo_of and undone_by lead to the other change, 0 to none.
ALTER TABLE changes ADD COLUMN run_id TEXT NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN undo_of BIGINT NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN undone_by BIGINT NOT NULL DEFAULT 0;

-- Lists of changes go by time. Most changes have no label, and are not in the second index.
CREATE INDEX changes_time ON changes (tenant_id, time, change_id);
CREATE INDEX changes_run ON changes (tenant_id, run_id, time, change_id) WHERE run_id <> '';

-- What calls with an Idempotency-Key answered, for 24 hours. The body itself is not kept, only its hash.
CREATE TABLE idempotency_keys (
    tenant_id BIGINT NOT NULL,
    app_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    change_id BIGINT NOT NULL, -- 0 for none
    etag TEXT NOT NULL,
    reply TEXT NOT NULL,
    expire_time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, operation, path, key)
) WITHOUT ROWID;

CREATE INDEX idempotency_keys_expire ON idempotency_keys (tenant_id, expire_time);
