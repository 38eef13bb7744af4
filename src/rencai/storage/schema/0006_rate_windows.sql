-- When an app's last calls of an endpoint were accepted, for servers that share a database: JSON, microseconds, oldest
-- first, as many as the longest window holds. One process on SQLite counts in memory and leaves this empty.
CREATE TABLE rate_windows (
    tenant_id BIGINT NOT NULL,
    app_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    times TEXT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, endpoint)
) WITHOUT ROWID;
