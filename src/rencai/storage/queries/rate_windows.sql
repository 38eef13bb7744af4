-- Rate limits that servers share. :windows are rows of [calls, microseconds].

-- name: rate_window_take [postgresql]
-- Count a call where every window has room for it; a row says that it has. A window is full while the call `calls` before
-- this one is inside of it. Time never goes back, whatever the servers' clocks say. At most :most times are kept.
-- A path, not a subquery, and functions that are the same on every machine: Citus takes nothing else here.
INSERT INTO rate_windows AS r (tenant_id, app_id, endpoint, times)
VALUES (:tenant_id, :app_id, :endpoint, '[' || :time::bigint::text || ']')
ON CONFLICT (tenant_id, app_id, endpoint) DO UPDATE
SET times = (
    CASE WHEN jsonb_array_length(r.times::jsonb) < :most::bigint THEN r.times::jsonb ELSE r.times::jsonb - 0 END
    || greatest((r.times::jsonb ->> -1)::bigint, :time)::text::jsonb
)::text
WHERE NOT jsonb_path_exists(
    :windows::jsonb,
    'strict $[*] ? ($times[last - @[0] + 1] + @[1] >= $now)',
    ('{"times":' || r.times || ',"now":' || greatest((r.times::jsonb ->> -1)::bigint, :time)::text || '}')::jsonb
)
RETURNING 1;

-- name: rate_window_times [postgresql]
-- Why a call was refused.
SELECT times FROM rate_windows
WHERE tenant_id = :tenant_id AND app_id = :app_id AND endpoint = :endpoint;
