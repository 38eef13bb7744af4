-- Talent pools.

-- name: talent_pools_lock [sqlite]
-- The state that a change builds on, pools in id order. The writer is alone on SQLite, so nothing is locked.
SELECT p.pool_id, p.version, p.change_time, p.member_count
FROM json_each(:pool_ids) AS j
CROSS JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = j.value
ORDER BY p.pool_id;

-- name: talent_pools_lock [postgresql]
SELECT pool_id, version, change_time, member_count
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id = ANY (:pool_ids::bigint[])
ORDER BY pool_id
FOR UPDATE;

-- name: talent_pool_by_id
SELECT
    pool_id, name_zh, name_en, description_zh, description_en, parent_id, is_private, create_time, modify_time, version
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id = :pool_id;

-- name: talent_pool_page
-- Ids grow with time, so their order is the order of creation.
SELECT
    pool_id, name_zh, name_en, description_zh, description_en, parent_id, is_private, create_time, modify_time
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id > :after
ORDER BY pool_id
LIMIT :page_size + 1;

-- name: talent_pools_by_ids [sqlite]
SELECT
    p.pool_id, p.name_zh, p.name_en, p.description_zh, p.description_en, p.parent_id, p.is_private,
    p.create_time, p.modify_time
FROM json_each(:pool_ids) AS j
CROSS JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = j.value
WHERE p.pool_id > :after
ORDER BY p.pool_id
LIMIT :page_size + 1;

-- name: talent_pools_by_ids [postgresql]
SELECT
    pool_id, name_zh, name_en, description_zh, description_en, parent_id, is_private, create_time, modify_time
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id = ANY (:pool_ids::bigint[]) AND pool_id > :after
ORDER BY pool_id
LIMIT :page_size + 1;

-- name: talent_pools_state [sqlite]
-- The same for whoever only looks.
SELECT p.pool_id, p.version, p.change_time, p.member_count
FROM json_each(:pool_ids) AS j
CROSS JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = j.value
ORDER BY p.pool_id;

-- name: talent_pools_state [postgresql]
SELECT pool_id, version, change_time, member_count
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id = ANY (:pool_ids::bigint[])
ORDER BY pool_id;

-- name: talent_pool_member_count
SELECT member_count FROM talent_pools WHERE tenant_id = :tenant_id AND pool_id = :pool_id;

-- name: talent_pool_insert
INSERT INTO talent_pools (
    tenant_id, pool_id, name_zh, name_en, description_zh, description_en, parent_id, is_private,
    create_time, modify_time
)
VALUES (
    :tenant_id, :pool_id, :name_zh, :name_en, :description_zh, :description_en, :parent_id, :is_private,
    :time, :time
);

-- name: talent_pool_update
UPDATE talent_pools
SET
    name_zh = :name_zh, name_en = :name_en, description_zh = :description_zh, description_en = :description_en,
    parent_id = :parent_id, is_private = :is_private, modify_time = :time
WHERE tenant_id = :tenant_id AND pool_id = :pool_id;

-- name: talent_pool_with_those_above
-- A pool and all that it lies below: one step up a row. UNION ends the walk, whatever the rows say.
WITH RECURSIVE above (pool_id) AS (
    SELECT CAST(:pool_id AS BIGINT)
    UNION
    SELECT p.parent_id
    FROM above AS a
    JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = a.pool_id
    WHERE p.parent_id IS NOT NULL
)
SELECT pool_id FROM above ORDER BY pool_id;

-- name: talent_pool_children
-- The first 50 are enough to name what is in the way.
SELECT pool_id FROM talent_pools WHERE tenant_id = :tenant_id AND parent_id = :pool_id ORDER BY pool_id LIMIT 50;

-- name: talent_pool_delete
DELETE FROM talent_pools WHERE tenant_id = :tenant_id AND pool_id = :pool_id;
