-- Rate limits that servers share. :windows are rows of [calls, microseconds].

-- name: rate_window_take [postgresql]
-- Count a call where every window has room for it; a row says that it has. A window is full while the call `calls` before
-- this one is inside of it. Time never goes back, whatever the servers' clocks say. At most :most times are kept.
INSERT INTO rate_windows AS r (tenant_id, app_id, endpoint, times)
VALUES (:tenant_id, :app_id, :endpoint, '[' || :time::bigint || ']')
ON CONFLICT (tenant_id, app_id, endpoint) DO UPDATE
SET times = (
    CASE WHEN jsonb_array_length(r.times::jsonb) < :most::bigint THEN r.times::jsonb ELSE r.times::jsonb - 0 END
    || to_jsonb(greatest((r.times::jsonb ->> -1)::bigint, :time))
)::text
WHERE NOT EXISTS (
    SELECT 1
    FROM jsonb_array_elements(:windows::jsonb) AS w (value)
    WHERE
        (r.times::jsonb ->> -(w.value ->> 0)::integer)::bigint + (w.value ->> 1)::bigint
        >= greatest((r.times::jsonb ->> -1)::bigint, :time)
)
RETURNING 1;

-- name: rate_window_times [postgresql]
-- Why a call was refused.
SELECT times FROM rate_windows
WHERE tenant_id = :tenant_id AND app_id = :app_id AND endpoint = :endpoint;
