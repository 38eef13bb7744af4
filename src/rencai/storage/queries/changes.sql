-- History. Lists take filters that are off when empty, and times with both ends included; one of them is the position
-- where a list begins.

-- name: change_page_newest
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE
    tenant_id = :tenant_id AND (time, change_id) < (:position, :change_id) AND time >= :start_time
    AND (:app_id = '' OR app_id = :app_id)
    AND (:operation = '' OR operation = :operation)
ORDER BY time DESC, change_id DESC
LIMIT :page_size + 1;

-- name: change_page_oldest
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE
    tenant_id = :tenant_id AND (time, change_id) > (:position, :change_id) AND time <= :end_time
    AND (:app_id = '' OR app_id = :app_id)
    AND (:operation = '' OR operation = :operation)
ORDER BY time, change_id
LIMIT :page_size + 1;

-- name: change_page_of_run_newest
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE
    tenant_id = :tenant_id AND (time, change_id) < (:position, :change_id) AND time >= :start_time
    AND run_id = :run_id AND run_id <> ''
    AND (:app_id = '' OR app_id = :app_id)
    AND (:operation = '' OR operation = :operation)
ORDER BY time DESC, change_id DESC
LIMIT :page_size + 1;

-- name: change_page_of_run_oldest
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE
    tenant_id = :tenant_id AND (time, change_id) > (:position, :change_id) AND time <= :end_time
    AND run_id = :run_id AND run_id <> ''
    AND (:app_id = '' OR app_id = :app_id)
    AND (:operation = '' OR operation = :operation)
ORDER BY time, change_id
LIMIT :page_size + 1;

-- name: change_page_of_pool_newest
-- By the pool's version, which is the true order; a change has one row here whatever its size.
SELECT c.change_id, c.operation, c.app_id, c.time, c.reason, c.run_id, c.undo_of, c.undone_by, p.version
FROM change_parts AS p
JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = p.change_id
WHERE
    p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version < :position AND p.part = 0
    AND p.time >= :start_time AND p.time <= :end_time
    AND (:app_id = '' OR c.app_id = :app_id)
    AND (:operation = '' OR c.operation = :operation)
    AND (:run_id = '' OR c.run_id = :run_id)
ORDER BY p.version DESC
LIMIT :page_size + 1;

-- name: change_page_of_pool_oldest
SELECT c.change_id, c.operation, c.app_id, c.time, c.reason, c.run_id, c.undo_of, c.undone_by, p.version
FROM change_parts AS p
JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = p.change_id
WHERE
    p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version > :position AND p.part = 0
    AND p.time >= :start_time AND p.time <= :end_time
    AND (:app_id = '' OR c.app_id = :app_id)
    AND (:operation = '' OR c.operation = :operation)
    AND (:run_id = '' OR c.run_id = :run_id)
ORDER BY p.version
LIMIT :page_size + 1;

-- name: change_page_of_talent [sqlite]
-- The changes that began or ended a membership of a talent, in one pool if :pool_id is not 0. :sign is 1 for the oldest
-- first and -1 for the newest.
SELECT c.change_id, c.operation, c.app_id, c.time, c.reason, c.run_id, c.undo_of, c.undone_by
FROM (
    SELECT p.change_id
    FROM memberships AS m
    CROSS JOIN change_parts AS p
        ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id AND p.version = m.began_version AND p.part = 0
    WHERE m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version >= 0
        AND (:pool_id = 0 OR m.pool_id = :pool_id)
    UNION
    SELECT p.change_id
    FROM memberships AS m
    CROSS JOIN change_parts AS p
        ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id AND p.version = m.ended_version AND p.part = 0
    WHERE m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version > 0
        AND (:pool_id = 0 OR m.pool_id = :pool_id)
) AS h
CROSS JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = h.change_id
WHERE
    (CAST(:sign AS BIGINT) * c.time, CAST(:sign AS BIGINT) * c.change_id)
    > (CAST(:sign AS BIGINT) * CAST(:position AS BIGINT), CAST(:sign AS BIGINT) * CAST(:change_id AS BIGINT))
    AND c.time >= :start_time AND c.time <= :end_time
    AND (:app_id = '' OR c.app_id = :app_id)
    AND (:operation = '' OR c.operation = :operation)
    AND (:run_id = '' OR c.run_id = :run_id)
ORDER BY CAST(:sign AS BIGINT) * c.time, CAST(:sign AS BIGINT) * c.change_id
LIMIT :page_size + 1;

-- name: change_page_of_talent [postgresql]
SELECT c.change_id, c.operation, c.app_id, c.time, c.reason, c.run_id, c.undo_of, c.undone_by
FROM (
    SELECT p.change_id
    FROM memberships AS m
    JOIN change_parts AS p
        ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id AND p.version = m.began_version AND p.part = 0
    WHERE m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version >= 0
        AND (:pool_id::bigint = 0 OR m.pool_id = :pool_id)
    UNION
    SELECT p.change_id
    FROM memberships AS m
    JOIN change_parts AS p
        ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id AND p.version = m.ended_version AND p.part = 0
    WHERE m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version > 0
        AND (:pool_id::bigint = 0 OR m.pool_id = :pool_id)
) AS h
JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = h.change_id
WHERE
    (CAST(:sign AS BIGINT) * c.time, CAST(:sign AS BIGINT) * c.change_id)
    > (CAST(:sign AS BIGINT) * CAST(:position AS BIGINT), CAST(:sign AS BIGINT) * CAST(:change_id AS BIGINT))
    AND c.time >= :start_time AND c.time <= :end_time
    AND (:app_id = '' OR c.app_id = :app_id)
    AND (:operation = '' OR c.operation = :operation)
    AND (:run_id = '' OR c.run_id = :run_id)
ORDER BY CAST(:sign AS BIGINT) * c.time, CAST(:sign AS BIGINT) * c.change_id
LIMIT :page_size + 1;

-- name: change_part_counts [sqlite]
SELECT p.change_id, p.pool_id, p.version, sum(p.added_count), sum(p.removed_count)
FROM json_each(:change_ids) AS j
CROSS JOIN change_parts AS p ON p.tenant_id = :tenant_id AND p.change_id = j.value
GROUP BY p.change_id, p.pool_id, p.version
ORDER BY p.change_id, p.pool_id;

-- name: change_part_counts [postgresql]
SELECT change_id, pool_id, version, sum(added_count)::bigint, sum(removed_count)::bigint
FROM change_parts
WHERE tenant_id = :tenant_id AND change_id = ANY (:change_ids::bigint[])
GROUP BY change_id, pool_id, version
ORDER BY change_id, pool_id;

-- name: change_by_id
SELECT change_id, operation, app_id, time, reason, run_id, undo_of, undone_by
FROM changes
WHERE tenant_id = :tenant_id AND change_id = :change_id;

-- name: change_parts_of
SELECT pool_id, version, added, removed
FROM change_parts
WHERE tenant_id = :tenant_id AND change_id = :change_id
ORDER BY pool_id, part;

-- name: change_lock [postgresql]
-- Before it is undone; its pools are locked before.
SELECT change_id FROM changes
WHERE tenant_id = :tenant_id AND change_id = :change_id
FOR NO KEY UPDATE;

-- name: change_set_undone_by
UPDATE changes SET undone_by = :undone_by WHERE tenant_id = :tenant_id AND change_id = :change_id;

-- name: talent_pool_has_history
SELECT version FROM change_parts
WHERE tenant_id = :tenant_id AND pool_id = :pool_id
ORDER BY version
LIMIT 1;
