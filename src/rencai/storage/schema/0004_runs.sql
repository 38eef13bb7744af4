-- Runs: changes of any size, made in slices (decision 39).

-- position is the last id that the step is done with, in an undo the time of the last change that is undone. Times are
-- 0 for not yet.
CREATE TABLE runs (
    tenant_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    app_id TEXT NOT NULL,
    pool_id BIGINT NOT NULL,
    action TEXT NOT NULL, -- add, remove, set, undo
    on_missing TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL, -- an expression and the versions of its pools, as JSON; empty where there is none
    undo_of BIGINT NOT NULL, -- the run that it undoes; 0 for none
    create_time BIGINT NOT NULL,
    state TEXT NOT NULL, -- uploading, queued, running, done, cancelled, failed
    step TEXT NOT NULL, -- what is to be done next: evaluate, check, apply
    position BIGINT NOT NULL,
    total BIGINT NOT NULL,
    processed BIGINT NOT NULL DEFAULT 0,
    added BIGINT NOT NULL DEFAULT 0,
    removed BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    missing BIGINT NOT NULL DEFAULT 0,
    conflicts BIGINT NOT NULL DEFAULT 0,
    start_time BIGINT NOT NULL DEFAULT 0,
    end_time BIGINT NOT NULL DEFAULT 0,
    error_code BIGINT NOT NULL DEFAULT 0,
    error_msg TEXT NOT NULL DEFAULT '',
    undone_by BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, run_id)
) WITHOUT ROWID;

-- The ids of a run and what became of each. A text that can't be an id has a negative number of its own, and stands
-- beside it as JSON.
CREATE TABLE run_talents (
    tenant_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    given TEXT,
    PRIMARY KEY (tenant_id, run_id, talent_id)
) WITHOUT ROWID;

-- Leads to the tenant: the runs that are not over, so that whoever works on them finds them without a walk over the
-- tenants. An app's runs go in the order of their turns; one that is still being sent has turn 0, and counts as broken
-- off once it has been silent for too long.
CREATE TABLE run_queue (
    app_id TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    operation TEXT NOT NULL, -- the call that began it, which its changes carry
    turn BIGINT NOT NULL,
    silent_until BIGINT NOT NULL,
    PRIMARY KEY (app_id, run_id)
) WITHOUT ROWID;

-- Belongs to no tenant: which process does what only one may do, and until when (ms) unless it says so again.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expire_time BIGINT NOT NULL
) WITHOUT ROWID;
