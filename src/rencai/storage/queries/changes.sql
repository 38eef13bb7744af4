-- History.

-- name: change_page
SELECT change_id, operation, app_id, time, reason
FROM changes
WHERE tenant_id = :tenant_id AND change_id < :before
ORDER BY change_id DESC
LIMIT :page_size + 1;

-- name: change_page_of_pool
-- Newest first by the pool's version, which is the true order; a change has one row here whatever its size.
SELECT c.change_id, c.operation, c.app_id, c.time, c.reason, p.version
FROM change_parts AS p
JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = p.change_id
WHERE p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version < :before AND p.part = 0
ORDER BY p.version DESC
LIMIT :page_size + 1;

-- name: change_part_counts [sqlite]
SELECT p.change_id, p.pool_id, p.version, sum(p.added_count), sum(p.removed_count)
FROM json_each(:change_ids) AS j
CROSS JOIN change_parts AS p ON p.tenant_id = :tenant_id AND p.change_id = j.value
GROUP BY p.change_id, p.pool_id, p.version
ORDER BY p.change_id, p.pool_id;

-- name: change_by_id
SELECT change_id, operation, app_id, time, reason
FROM changes
WHERE tenant_id = :tenant_id AND change_id = :change_id;

-- name: change_parts_of
SELECT pool_id, version, added, removed
FROM change_parts
WHERE tenant_id = :tenant_id AND change_id = :change_id
ORDER BY pool_id, part;

-- name: talent_pool_has_history
SELECT version FROM change_parts
WHERE tenant_id = :tenant_id AND pool_id = :pool_id
ORDER BY version
LIMIT 1;
