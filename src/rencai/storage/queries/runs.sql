-- Runs (decision 39): their rows, the queue of those that are not over, and the ids of each.

-- name: run_insert
INSERT INTO runs (
    tenant_id, run_id, app_id, pool_id, action, on_missing, reason, source, undo_of, create_time, state, step, position,
    total
)
VALUES (
    :tenant_id, :run_id, :app_id, :pool_id, :action, :on_missing, :reason, :source, :undo_of, :create_time, :state,
    :step, :position, :total
);

-- name: run_by_id
SELECT
    run_id, app_id, pool_id, action, on_missing, reason, source, undo_of, create_time, state, step, position, total,
    processed, added, removed, unchanged, missing, conflicts, start_time, end_time, error_code, error_msg, undone_by
FROM runs
WHERE tenant_id = :tenant_id AND run_id = :run_id;

-- name: run_lock [sqlite]
-- The same for whoever changes it. The writer is alone on SQLite, so nothing is locked.
SELECT
    run_id, app_id, pool_id, action, on_missing, reason, source, undo_of, create_time, state, step, position, total,
    processed, added, removed, unchanged, missing, conflicts, start_time, end_time, error_code, error_msg, undone_by
FROM runs
WHERE tenant_id = :tenant_id AND run_id = :run_id;

-- name: run_lock [postgresql]
SELECT
    run_id, app_id, pool_id, action, on_missing, reason, source, undo_of, create_time, state, step, position, total,
    processed, added, removed, unchanged, missing, conflicts, start_time, end_time, error_code, error_msg, undone_by
FROM runs
WHERE tenant_id = :tenant_id AND run_id = :run_id
FOR UPDATE;

-- name: run_page
SELECT
    run_id, app_id, pool_id, action, on_missing, reason, source, undo_of, create_time, state, step, position, total,
    processed, added, removed, unchanged, missing, conflicts, start_time, end_time, error_code, error_msg, undone_by
FROM runs
WHERE tenant_id = :tenant_id AND run_id < :before
ORDER BY run_id DESC
LIMIT :page_size + 1;

-- name: run_update
UPDATE runs
SET
    state = :state, step = :step, position = :position, total = :total, processed = :processed, added = :added,
    removed = :removed, unchanged = :unchanged, missing = :missing, conflicts = :conflicts, start_time = :start_time,
    end_time = :end_time, error_code = :error_code, error_msg = :error_msg, undone_by = :undone_by
WHERE tenant_id = :tenant_id AND run_id = :run_id;

-- name: run_queue_count
SELECT count(*) FROM run_queue WHERE app_id = :app_id;

-- name: run_queue_put
INSERT INTO run_queue (app_id, run_id, tenant_id, operation, turn, silent_until)
VALUES (:app_id, :run_id, :tenant_id, :operation, :turn, :silent_until)
ON CONFLICT (app_id, run_id) DO UPDATE SET turn = excluded.turn, silent_until = excluded.silent_until;

-- name: run_queue_delete
DELETE FROM run_queue WHERE app_id = :app_id AND run_id = :run_id;

-- name: run_queue_next
-- Of each app the run whose turn it is.
SELECT q.tenant_id, q.app_id, q.run_id, q.operation
FROM run_queue AS q
WHERE q.turn > 0 AND NOT EXISTS (
    SELECT 1 FROM run_queue AS o WHERE o.app_id = q.app_id AND o.turn > 0 AND o.turn < q.turn
)
ORDER BY q.turn;

-- name: run_queue_silent
-- Uploads that count as broken off.
SELECT tenant_id, app_id, run_id, operation
FROM run_queue
WHERE turn = 0 AND silent_until <= :time
ORDER BY run_id;

-- name: run_talents_stage [sqlite]
-- Outcomes are numbers of one byte, the first too, so that a row keeps its size when its outcome is known.
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id, :run_id, value, 2, NULL FROM json_each(:talent_ids) WHERE true
ON CONFLICT (tenant_id, run_id, talent_id) DO NOTHING;

-- name: run_talents_stage [postgresql]
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id::bigint, :run_id::bigint, j.talent_id, 2, NULL
FROM unnest(:talent_ids::bigint[]) AS j (talent_id)
ON CONFLICT (tenant_id, run_id, talent_id) DO NOTHING;

-- name: run_talents_stage_texts [sqlite]
-- Rows of [number, text as JSON].
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id, :run_id, value ->> 0, 2, value ->> 1 FROM json_each(:texts) WHERE true
ON CONFLICT (tenant_id, run_id, talent_id) DO NOTHING;

-- name: run_talents_stage_texts [postgresql]
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id::bigint, :run_id::bigint, (j.value ->> 0)::bigint, 2, j.value ->> 1
FROM jsonb_array_elements(:texts::jsonb) AS j (value)
ON CONFLICT (tenant_id, run_id, talent_id) DO NOTHING;

-- name: run_talents_count
SELECT count(*) FROM run_talents WHERE tenant_id = :tenant_id AND run_id = :run_id;

-- name: run_talents_next [sqlite]
SELECT json_group_array(talent_id) AS talent_list
FROM (
    SELECT talent_id FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
);

-- name: run_talents_next [postgresql]
SELECT
    ARRAY(
        SELECT talent_id FROM run_talents
        WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
        ORDER BY talent_id
        LIMIT :size
    ) AS talent_list;

-- name: run_talents_standing [sqlite]
-- The next ids of a run, and of them those that name no talent and those that are members of the pool: what a slice is
-- planned from, in one pass over the list.
SELECT
    json_group_array(r.talent_id) AS talent_list,
    json_group_array(r.talent_id) FILTER (WHERE t.talent_id IS NULL) AS unknown_list,
    json_group_array(r.talent_id) FILTER (WHERE m.talent_id IS NOT NULL) AS member_list
FROM (
    SELECT talent_id FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
) AS r
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = r.talent_id
LEFT JOIN memberships AS m
    ON m.tenant_id = :tenant_id AND m.pool_id = :pool_id AND m.ended_version = 0 AND m.talent_id = r.talent_id;

-- name: run_talents_standing [postgresql]
-- The talents are held until the unit ends, so that nobody deletes them while they enter the pool.
WITH r AS MATERIALIZED (
    SELECT talent_id FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
),
known AS MATERIALIZED (
    SELECT t.talent_id
    FROM talents AS t
    WHERE t.tenant_id = :tenant_id AND t.talent_id = ANY (ARRAY(SELECT r.talent_id FROM r))
    ORDER BY t.talent_id
    FOR KEY SHARE
)
SELECT
    ARRAY(SELECT r.talent_id FROM r ORDER BY r.talent_id) AS talent_list,
    ARRAY(
        SELECT r.talent_id FROM r
        WHERE (r.talent_id IN (SELECT k.talent_id FROM known AS k)) IS NOT TRUE
        ORDER BY r.talent_id
    ) AS unknown_list,
    ARRAY(
        SELECT m.talent_id FROM memberships AS m
        WHERE
            m.tenant_id = :tenant_id AND m.pool_id = :pool_id AND m.ended_version = 0
            AND m.talent_id = ANY (ARRAY(SELECT r.talent_id FROM r))
        ORDER BY m.talent_id
    ) AS member_list;

-- name: run_talents_unknown [sqlite]
-- Of the next ids of a run: the last, how many there are, and those that name no talent.
SELECT max(r.talent_id), count(*), json_group_array(r.talent_id) FILTER (WHERE t.talent_id IS NULL) AS unknown_list
FROM (
    SELECT talent_id FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
) AS r
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = r.talent_id;

-- name: run_talents_unknown [postgresql]
SELECT
    max(r.talent_id), count(*),
    coalesce(array_agg(r.talent_id ORDER BY r.talent_id) FILTER (WHERE t.talent_id IS NULL), '{}') AS unknown_list
FROM (
    SELECT talent_id FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
) AS r
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = r.talent_id;

-- name: run_strangers_count
-- The members of the pool that a run doesn't name. Each is looked up; as a join, NOT EXISTS would compare each with each
-- where PostgreSQL has no statistics.
SELECT count(*)
FROM memberships AS m
WHERE
    m.tenant_id = :tenant_id AND m.pool_id = :pool_id AND m.ended_version = 0
    AND (
        SELECT r.outcome FROM run_talents AS r
        WHERE r.tenant_id = :tenant_id AND r.run_id = :run_id AND r.talent_id = m.talent_id
    ) IS NULL;

-- name: run_outcomes_set [sqlite]
-- Ids that are not on the list yet are put beside the others.
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id, :run_id, value, :outcome, NULL FROM json_each(:talent_ids) WHERE true
ON CONFLICT (tenant_id, run_id, talent_id) DO UPDATE SET outcome = excluded.outcome;

-- name: run_outcomes_set [postgresql]
INSERT INTO run_talents (tenant_id, run_id, talent_id, outcome, given)
SELECT :tenant_id::bigint, :run_id::bigint, j.talent_id, :outcome::bigint, NULL
FROM unnest(:talent_ids::bigint[]) AS j (talent_id)
ORDER BY j.talent_id
ON CONFLICT (tenant_id, run_id, talent_id) DO UPDATE SET outcome = excluded.outcome;

-- name: run_results [sqlite]
-- The next lines of what became of the ids, as one text, and the last of these ids. :endings has the end of a line for
-- each outcome; outcome 2 has one too, that of the ids up to :done, of which only what is unusual is written down.
SELECT
    group_concat(
        '{"talent_id":' || coalesce(r.given, '"' || r.talent_id || '"') || ',"outcome":'
        || (:endings ->> ('$[' || r.outcome || ']')) || char(10),
        '' ORDER BY r.talent_id
    ),
    max(r.talent_id)
FROM (
    SELECT talent_id, outcome, given FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
        AND (outcome > 2 OR talent_id <= :done)
    ORDER BY talent_id
    LIMIT :size
) AS r;

-- name: run_results [postgresql]
SELECT
    string_agg(
        '{"talent_id":' || coalesce(r.given, '"' || r.talent_id || '"') || ',"outcome":'
        || (:endings::jsonb ->> r.outcome::integer) || chr(10),
        '' ORDER BY r.talent_id
    ),
    max(r.talent_id)
FROM (
    SELECT talent_id, outcome, given FROM run_talents
    WHERE tenant_id = :tenant_id AND run_id = :run_id AND talent_id > :position
        AND (outcome > 2 OR talent_id <= :done)
    ORDER BY talent_id
    LIMIT :size
) AS r;

-- name: run_change_next
-- The next change of a run: all are of one pool, so their times rise.
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE tenant_id = :tenant_id AND run_id = :label AND run_id <> '' AND time > :position
ORDER BY time
LIMIT 1;

-- name: run_members_next [sqlite]
SELECT json_group_array(talent_id) AS talent_list
FROM (
    SELECT talent_id FROM memberships
    WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :position
    ORDER BY talent_id
    LIMIT :size
);

-- name: run_members_next [postgresql]
SELECT
    ARRAY(
        SELECT talent_id FROM memberships
        WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :position
        ORDER BY talent_id
        LIMIT :size
    ) AS talent_list;
