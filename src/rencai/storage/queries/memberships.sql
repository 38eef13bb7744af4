-- Memberships, and the changes that make and end them. :parts is the JSON of a change: one row a pool,
-- [pool id, version after the change, ids added, ids removed], pools and ids ascending.

-- name: membership_standing [sqlite]
-- Of the ids given: those that name a talent, and those that are members of the pool now. One row, because on the
-- writer's thread each row handed out costs a turn of the interpreter lock. CROSS JOIN keeps the list outside.
SELECT json_group_array(t.talent_id) AS known_list,
    json_group_array(t.talent_id) FILTER (WHERE m.talent_id IS NOT NULL) AS member_list
FROM json_each(:talent_ids) AS j
CROSS JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = j.value
LEFT JOIN memberships AS m
    ON m.tenant_id = :tenant_id AND m.pool_id = :pool_id AND m.ended_version = 0 AND m.talent_id = t.talent_id;

-- name: membership_pools_of_talent [sqlite]
-- The pools a talent is in now; no row for an unknown talent.
SELECT
    (
        SELECT json_group_array(m.pool_id)
        FROM memberships AS m
        WHERE m.tenant_id = :tenant_id AND m.talent_id = t.talent_id AND m.ended_version = 0
    ) AS pool_list
FROM talents AS t
WHERE t.tenant_id = :tenant_id AND t.talent_id = :talent_id;

-- name: talent_pool_refs [sqlite]
-- Of these pools, which the talent is in, what is shown with the talent.
SELECT p.pool_id, p.name_zh, p.name_en, p.description_zh, p.description_en, m.add_time
FROM json_each(:pool_ids) AS j
CROSS JOIN memberships AS m
    ON m.tenant_id = :tenant_id AND m.pool_id = j.value AND m.ended_version = 0 AND m.talent_id = :talent_id
CROSS JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id
ORDER BY p.pool_id;

-- name: change_insert
INSERT INTO changes (tenant_id, change_id, operation, app_id, time, reason)
VALUES (:tenant_id, :change_id, :operation, :app_id, :time, :reason);

-- name: change_parts_insert [sqlite]
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
SELECT
    :tenant_id, :change_id, value ->> 0, 0, value ->> 1, :time,
    json_array_length(value, '$[2]'), json_array_length(value, '$[3]'), value -> 2, value -> 3
FROM json_each(:parts);

-- name: memberships_begin [sqlite]
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT :tenant_id, p.value ->> 0, 0, a.value, p.value ->> 1, :time
FROM json_each(:parts) AS p
CROSS JOIN json_each(p.value, '$[2]') AS a;

-- name: memberships_end [sqlite]
-- MATERIALIZED, and the tenant joined from it, keep the list outside: with the tenant as a constant the planner
-- walks all memberships of the tenant and looks each up in the list.
WITH r AS MATERIALIZED (
    SELECT :tenant_id AS tenant_id, p.value ->> 0 AS pool_id, p.value ->> 1 AS version, a.value AS talent_id
    FROM json_each(:parts) AS p
    CROSS JOIN json_each(p.value, '$[3]') AS a
)
UPDATE memberships
SET ended_version = r.version
FROM r
WHERE
    memberships.tenant_id = r.tenant_id
    AND memberships.pool_id = r.pool_id
    AND memberships.ended_version = 0
    AND memberships.talent_id = r.talent_id;

-- name: talent_pools_advance [sqlite]
-- MATERIALIZED for the same reason.
WITH p AS MATERIALIZED (
    SELECT
        :tenant_id AS tenant_id, value ->> 0 AS pool_id, value ->> 1 AS version,
        json_array_length(value, '$[2]') - json_array_length(value, '$[3]') AS more
    FROM json_each(:parts)
)
UPDATE talent_pools
SET version = p.version, change_time = :time, member_count = member_count + p.more
FROM p
WHERE talent_pools.tenant_id = p.tenant_id AND talent_pools.pool_id = p.pool_id;

-- name: change_parts_insert_emptied [sqlite]
-- The parts of a pool that loses all its members at once, 10,000 a row; one row too when it had none.
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
SELECT
    :tenant_id, :change_id, :pool_id, m.part, :version, :time, 0, count(*), '[]',
    json_group_array(m.talent_id ORDER BY m.talent_id)
FROM (
    SELECT talent_id, (row_number() OVER (ORDER BY talent_id) - 1) / 10000 AS part
    FROM memberships
    WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0
) AS m
GROUP BY m.part
UNION ALL
SELECT :tenant_id, :change_id, :pool_id, 0, :version, :time, 0, 0, '[]', '[]'
WHERE :member_count = 0;

-- name: memberships_end_all
UPDATE memberships
SET ended_version = :version
WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0;

-- name: membership_page
SELECT talent_id, add_time
FROM memberships
WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :after
ORDER BY talent_id
LIMIT :page_size + 1;
