-- Pruning history. What is found by a key is deleted by a range of it, so that a batch says the same on every engine.

-- name: history_start_put
-- Before anything is removed, so that nobody takes what is left of the time before for the whole of it.
INSERT INTO history_starts (tenant_id, time)
VALUES (:tenant_id, :time)
ON CONFLICT (tenant_id) DO UPDATE SET time = excluded.time;

-- name: changes_before
-- The next changes from before a moment, with their parts and the ids that these hold. Ids follow the clock, but not so
-- strictly that one could stop at the first later change: the last page walks the tenant's changes to their end.
SELECT c.change_id, count(p.part), CAST(coalesce(sum(p.added_count + p.removed_count), 0) AS BIGINT)
FROM changes AS c
LEFT JOIN change_parts AS p ON p.tenant_id = :tenant_id AND p.change_id = c.change_id
WHERE c.tenant_id = :tenant_id AND c.change_id > :after AND c.time < :before
GROUP BY c.change_id
ORDER BY c.change_id
LIMIT :page_size;

-- name: change_parts_delete_before
DELETE FROM change_parts
WHERE tenant_id = :tenant_id AND change_id > :after AND change_id <= :last AND time < :before;

-- name: changes_delete_before
DELETE FROM changes
WHERE tenant_id = :tenant_id AND change_id > :after AND change_id <= :last AND time < :before;

-- name: talent_pool_first_version
-- The first version of a pool that is not from before a moment.
SELECT version
FROM change_parts
WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND time >= :before
ORDER BY version
LIMIT 1;

-- name: memberships_ended_before
-- The next memberships that ended before a version of the pool.
SELECT ended_version, talent_id
FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version < :first_version
    AND (ended_version, talent_id) > (:ended_version, :talent_id)
ORDER BY ended_version, talent_id
LIMIT :page_size;

-- name: memberships_delete_ended
-- Past ones in a range; those that hold have 0.
DELETE FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version > 0
    AND (ended_version, talent_id) > (:ended_version, :talent_id)
    AND (ended_version, talent_id) <= (:last_version, :last_talent_id);

-- name: operation_logs_before
SELECT log_id
FROM operation_logs
WHERE tenant_id = :tenant_id AND log_id > :after AND time < :before
ORDER BY log_id
LIMIT :page_size;

-- name: operation_logs_delete_before
DELETE FROM operation_logs
WHERE tenant_id = :tenant_id AND log_id > :after AND log_id <= :last AND time < :before;
