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

-- name: membership_standing [postgresql]
-- The talents are held until the unit ends, so that nobody deletes them while they enter a pool.
WITH known AS MATERIALIZED (
    SELECT t.talent_id
    FROM talents AS t
    WHERE t.tenant_id = :tenant_id AND t.talent_id = ANY (:talent_ids::bigint[])
    ORDER BY t.talent_id
    FOR KEY SHARE
)
SELECT coalesce(array_agg(k.talent_id), '{}') AS known_list,
    coalesce(array_agg(k.talent_id) FILTER (WHERE m.talent_id IS NOT NULL), '{}') AS member_list
FROM known AS k
LEFT JOIN LATERAL (
    SELECT o.talent_id
    FROM memberships AS o
    WHERE
        o.tenant_id = :tenant_id AND o.pool_id = :pool_id AND o.ended_version = 0 AND o.talent_id = k.talent_id
    OFFSET 0
) AS m ON true;

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

-- name: membership_pools_of_talent [postgresql]
SELECT
    ARRAY(
        SELECT m.pool_id
        FROM memberships AS m
        WHERE m.tenant_id = :tenant_id AND m.talent_id = t.talent_id AND m.ended_version = 0
        ORDER BY m.pool_id
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

-- name: talent_pool_refs [postgresql]
SELECT p.pool_id, p.name_zh, p.name_en, p.description_zh, p.description_en, m.add_time
FROM memberships AS m
JOIN talent_pools AS p ON p.tenant_id = :tenant_id AND p.pool_id = m.pool_id
WHERE
    m.tenant_id = :tenant_id
    AND m.talent_id = :talent_id
    AND m.ended_version = 0
    AND m.pool_id = ANY (:pool_ids::bigint[])
ORDER BY p.pool_id;

-- name: change_insert
INSERT INTO changes (tenant_id, change_id, operation, app_id, time, reason, run_id, undo_of)
VALUES (:tenant_id, :change_id, :operation, :app_id, :time, :reason, :run_id, :undo_of);

-- name: change_part_insert
-- Of a change of one pool. This and the three `in_pool` below do for one pool what those with :parts do for several: a
-- list inside of :parts is read and written anew by each statement, 1 ms for 10,000 ids; here it is a parameter.
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
VALUES (
    :tenant_id, :change_id, :pool_id, 0, :version, :time, :added_count, :removed_count, :added, :removed
);

-- name: memberships_begin_in_pool [sqlite]
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT :tenant_id, :pool_id, 0, value, :version, :time FROM json_each(:added_ids);

-- name: memberships_begin_in_pool [postgresql]
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT :tenant_id::bigint, :pool_id::bigint, 0, j.talent_id, :version::bigint, :time::bigint
FROM unnest(:added_ids::bigint[]) AS j (talent_id)
ORDER BY j.talent_id;

-- name: memberships_end_in_pool [sqlite]
-- MATERIALIZED for the reason of memberships_end.
WITH r AS MATERIALIZED (
    SELECT :tenant_id AS tenant_id, value AS talent_id FROM json_each(:removed_ids)
)
UPDATE memberships
SET ended_version = :version
FROM r
WHERE
    memberships.tenant_id = r.tenant_id
    AND memberships.pool_id = :pool_id
    AND memberships.ended_version = 0
    AND memberships.talent_id = r.talent_id;

-- name: memberships_end_in_pool [postgresql]
UPDATE memberships
SET ended_version = :version
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id = ANY (:removed_ids::bigint[]);

-- name: memberships_between
-- How many members a pool has from one talent to another, counted as far as :most.
SELECT count(*)
FROM (
    SELECT 1
    FROM memberships
    WHERE
        tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0
        AND talent_id >= :first AND talent_id <= :last
    ORDER BY talent_id
    LIMIT :most
) AS m;

-- name: memberships_end_between_copy
-- What memberships_end_in_pool does, for all members from one talent to another, at half the cost: as ended ones beside
-- those that hold, of which memberships_end_between_clear is rid then. Each walks its part of the key once.
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT tenant_id, pool_id, :version, talent_id, began_version, add_time
FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id >= :first AND talent_id <= :last
ORDER BY talent_id;

-- name: memberships_end_between_clear
DELETE FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id >= :first AND talent_id <= :last;

-- name: talent_pool_advance
UPDATE talent_pools
SET version = :version, change_time = :time, member_count = member_count + :added_count - :removed_count
WHERE tenant_id = :tenant_id AND pool_id = :pool_id;

-- name: change_parts_insert [sqlite]
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
SELECT
    :tenant_id, :change_id, value ->> 0, 0, value ->> 1, :time,
    json_array_length(value, '$[2]'), json_array_length(value, '$[3]'), value -> 2, value -> 3
FROM json_each(:parts);

-- name: change_parts_insert [postgresql]
-- json, not jsonb, keeps the lists as they were written. The parameter is a text to this one and to the others, for they
-- are sent as one, and the first to name a type would name it for all.
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
SELECT
    :tenant_id::bigint, :change_id::bigint, (p.value ->> 0)::bigint, 0, (p.value ->> 1)::bigint, :time::bigint,
    json_array_length(p.value -> 2), json_array_length(p.value -> 3), p.value ->> 2, p.value ->> 3
FROM json_array_elements(:parts::text::json) AS p (value);

-- name: memberships_begin [sqlite]
-- The pools are taken apart first: what stands beside a list is otherwise read out of the whole text for each id of it.
WITH p AS MATERIALIZED (
    SELECT value ->> 0 AS pool_id, value ->> 1 AS version, value -> 2 AS added FROM json_each(:parts)
)
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT :tenant_id, p.pool_id, 0, a.value, p.version, :time
FROM p
CROSS JOIN json_each(p.added) AS a;

-- name: memberships_set_add_time [sqlite]
-- Rows of [pool id, talent id, add_time]: what is put back shows the time it had.
WITH r AS MATERIALIZED (
    SELECT :tenant_id AS tenant_id, value ->> 0 AS pool_id, value ->> 1 AS talent_id, value ->> 2 AS add_time
    FROM json_each(:times)
)
UPDATE memberships
SET add_time = r.add_time
FROM r
WHERE
    memberships.tenant_id = r.tenant_id
    AND memberships.pool_id = r.pool_id
    AND memberships.ended_version = 0
    AND memberships.talent_id = r.talent_id;

-- name: memberships_set_add_time [postgresql]
-- Looked up, not joined: of a tenant that it has no statistics of, the planner thinks so little that it would read the
-- whole list for each row.
WITH r AS MATERIALIZED (
    SELECT (j.value ->> 0)::bigint AS pool_id, (j.value ->> 1)::bigint AS talent_id, j.value -> 2 AS add_time
    FROM jsonb_array_elements(:times::jsonb) AS j (value)
),
o AS MATERIALIZED (SELECT jsonb_object_agg(r.pool_id || ' ' || r.talent_id, r.add_time) AS times FROM r)
UPDATE memberships AS m
SET add_time = ((SELECT o.times FROM o) ->> (m.pool_id || ' ' || m.talent_id))::bigint
WHERE
    m.tenant_id = :tenant_id
    AND m.pool_id = ANY (ARRAY(SELECT DISTINCT r.pool_id FROM r))
    AND m.ended_version = 0
    AND m.talent_id = ANY (ARRAY(SELECT r.talent_id FROM r))
    AND (SELECT o.times FROM o) ? (m.pool_id || ' ' || m.talent_id);

-- name: memberships_begin [postgresql]
INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)
SELECT :tenant_id::bigint, (p.value ->> 0)::bigint, 0, a.talent_id::bigint, (p.value ->> 1)::bigint, :time::bigint
FROM jsonb_array_elements(:parts::text::jsonb) AS p (value)
CROSS JOIN jsonb_array_elements_text(p.value -> 2) AS a (talent_id);

-- name: memberships_end [sqlite]
-- MATERIALIZED, and the tenant joined from it, keep the list outside: with the tenant as a constant the planner
-- walks all memberships of the tenant and looks each up in the list.
WITH p AS MATERIALIZED (
    SELECT value ->> 0 AS pool_id, value ->> 1 AS version, value -> 3 AS removed FROM json_each(:parts)
),
r AS MATERIALIZED (
    SELECT :tenant_id AS tenant_id, p.pool_id, p.version, a.value AS talent_id
    FROM p
    CROSS JOIN json_each(p.removed) AS a
)
UPDATE memberships
SET ended_version = r.version
FROM r
WHERE
    memberships.tenant_id = r.tenant_id
    AND memberships.pool_id = r.pool_id
    AND memberships.ended_version = 0
    AND memberships.talent_id = r.talent_id;

-- name: memberships_end [postgresql]
-- The list is looked up in, for the same reason; IS TRUE keeps it from becoming a join.
WITH p AS MATERIALIZED (
    SELECT (j.value ->> 0)::bigint AS pool_id, (j.value ->> 1)::bigint AS version, j.value -> 3 AS removed
    FROM jsonb_array_elements(:parts::text::jsonb) AS j (value)
),
r AS MATERIALIZED (
    SELECT p.pool_id, a.talent_id::bigint AS talent_id
    FROM p
    CROSS JOIN jsonb_array_elements_text(p.removed) AS a (talent_id)
)
UPDATE memberships AS m
SET ended_version = p.version
FROM p
WHERE
    m.tenant_id = :tenant_id
    AND m.pool_id = p.pool_id
    AND m.ended_version = 0
    AND m.talent_id = ANY (ARRAY(SELECT r.talent_id FROM r))
    AND ((m.pool_id, m.talent_id) IN (SELECT r.pool_id, r.talent_id FROM r)) IS TRUE;

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

-- name: talent_pools_advance [postgresql]
UPDATE talent_pools AS t
SET version = p.version, change_time = :time, member_count = t.member_count + p.more
FROM (
    SELECT
        (j.value ->> 0)::bigint AS pool_id, (j.value ->> 1)::bigint AS version,
        jsonb_array_length(j.value -> 2) - jsonb_array_length(j.value -> 3) AS more
    FROM jsonb_array_elements(:parts::text::jsonb) AS j (value)
) AS p
WHERE
    t.tenant_id = :tenant_id
    AND t.pool_id = ANY (ARRAY(SELECT (j.value ->> 0)::bigint FROM jsonb_array_elements(:parts::text::jsonb) AS j (value)))
    AND t.pool_id = p.pool_id;

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

-- name: change_parts_insert_emptied [postgresql]
INSERT INTO change_parts (
    tenant_id, change_id, pool_id, part, version, time, added_count, removed_count, added, removed
)
SELECT
    :tenant_id::bigint, :change_id::bigint, :pool_id::bigint, m.part, :version::bigint, :time::bigint, 0, count(*), '[]',
    '[' || string_agg(m.talent_id::text, ',' ORDER BY m.talent_id) || ']'
FROM (
    SELECT talent_id, (row_number() OVER (ORDER BY talent_id) - 1) / 10000 AS part
    FROM memberships
    WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0
) AS m
GROUP BY m.part
UNION ALL
SELECT
    :tenant_id::bigint, :change_id::bigint, :pool_id::bigint, 0, :version::bigint, :time::bigint, 0, 0, '[]', '[]'
WHERE :member_count::bigint = 0;

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

-- name: membership_page_at
-- Who was a member when the pool had :version: those who came by then and are there still or left later. The plus keeps
-- the planner from walking all people of the tenant for the latter.
SELECT talent_id, add_time
FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :after
    AND began_version <= :version
UNION ALL
SELECT talent_id, add_time
FROM memberships
WHERE
    tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version > :version AND +talent_id > :after
    AND began_version <= :version
ORDER BY talent_id
LIMIT :page_size + 1;

-- name: membership_block_at [sqlite]
-- The first of the same ids after :after, as one list.
SELECT json_group_array(talent_id) AS talent_list
FROM (
    SELECT talent_id
    FROM memberships
    WHERE
        tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :after
        AND began_version <= :version
    UNION ALL
    SELECT talent_id
    FROM memberships
    WHERE
        tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version > :version AND +talent_id > :after
        AND began_version <= :version
    ORDER BY talent_id
    LIMIT :block
);

-- name: membership_block_at [postgresql]
SELECT
    ARRAY(
        SELECT talent_id
        FROM memberships
        WHERE
            tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0 AND talent_id > :after
            AND began_version <= :version
        UNION ALL
        SELECT talent_id
        FROM memberships
        WHERE
            tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version > :version AND talent_id > :after
            AND began_version <= :version
        ORDER BY talent_id
        LIMIT :block
    ) AS talent_list;

-- name: talent_pool_version_at
-- The pool's version at a moment: within a pool versions and times rise together and versions have no gaps, so they
-- are halved until one is left, from the first that is kept.
WITH RECURSIVE s (low, high) AS (
    SELECT
        coalesce(
            (
                SELECT min(k.version) - 1
                FROM change_parts AS k
                WHERE k.tenant_id = :tenant_id AND k.pool_id = :pool_id
            ),
            CAST(:version AS BIGINT)
        ),
        CAST(:version AS BIGINT)
    UNION ALL
    SELECT
        CASE WHEN p.time <= :at THEN p.version ELSE s.low END,
        CASE WHEN p.time <= :at THEN s.high ELSE p.version - 1 END
    FROM s
    JOIN change_parts AS p
        ON p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version = (s.low + s.high + 1) / 2 AND p.part = 0
    WHERE s.low < s.high
)
SELECT low FROM s WHERE low = high;

-- name: talent_pool_growth_since
-- How many more members the pool has than it had at a version.
SELECT CAST(coalesce(sum(added_count - removed_count), 0) AS BIGINT)
FROM change_parts
WHERE tenant_id = :tenant_id AND pool_id = :pool_id AND version > :version;

-- name: membership_differences [sqlite]
-- Who is in the pool at one of two versions alone: 1 came, -1 left. From what the changes between them moved.
SELECT m.talent_id, sum(m.sign)
FROM (
    SELECT a.value AS talent_id, 1 AS sign
    FROM change_parts AS p
    CROSS JOIN json_each(p.added) AS a
    WHERE p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version > :since AND p.version <= :until
    UNION ALL
    SELECT r.value, -1
    FROM change_parts AS p
    CROSS JOIN json_each(p.removed) AS r
    WHERE p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version > :since AND p.version <= :until
) AS m
WHERE m.talent_id > :after
GROUP BY m.talent_id
HAVING sum(m.sign) <> 0
ORDER BY m.talent_id
LIMIT :page_size + 1;

-- name: membership_differences [postgresql]
SELECT m.talent_id, sum(m.sign)
FROM (
    SELECT a.value::bigint AS talent_id, 1 AS sign
    FROM change_parts AS p
    CROSS JOIN json_array_elements_text(p.added::json) AS a (value)
    WHERE p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version > :since AND p.version <= :until
    UNION ALL
    SELECT r.value::bigint, -1
    FROM change_parts AS p
    CROSS JOIN json_array_elements_text(p.removed::json) AS r (value)
    WHERE p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.version > :since AND p.version <= :until
) AS m
WHERE m.talent_id > :after
GROUP BY m.talent_id
HAVING sum(m.sign) <> 0
ORDER BY m.talent_id
LIMIT :page_size + 1;

-- name: memberships_of_talent_at [sqlite]
-- The pools a talent was in at a moment, and whether each is there still. Where the change that began a membership has
-- been pruned, it began before every moment that can be asked for.
SELECT m.pool_id, m.add_time, t.pool_id IS NULL
FROM memberships AS m
LEFT JOIN change_parts AS b
    ON b.tenant_id = :tenant_id AND b.pool_id = m.pool_id AND b.version = m.began_version AND b.part = 0
LEFT JOIN change_parts AS e
    ON e.tenant_id = :tenant_id AND e.pool_id = m.pool_id AND e.version = m.ended_version AND e.part = 0
LEFT JOIN talent_pools AS t ON t.tenant_id = :tenant_id AND t.pool_id = m.pool_id
WHERE
    m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version >= 0 AND m.pool_id > :after
    AND (b.time IS NULL OR b.time <= :at) AND (m.ended_version = 0 OR e.time > :at)
ORDER BY m.pool_id
LIMIT :page_size + 1;

-- name: memberships_of_talent_at [postgresql]
SELECT m.pool_id, m.add_time, t.pool_id IS NULL
FROM memberships AS m
LEFT JOIN change_parts AS b
    ON b.tenant_id = :tenant_id AND b.pool_id = m.pool_id AND b.version = m.began_version AND b.part = 0
LEFT JOIN change_parts AS e
    ON e.tenant_id = :tenant_id AND e.pool_id = m.pool_id AND e.version = m.ended_version AND e.part = 0
LEFT JOIN talent_pools AS t ON t.tenant_id = :tenant_id AND t.pool_id = m.pool_id
WHERE
    m.tenant_id = :tenant_id AND m.talent_id = :talent_id AND m.ended_version >= 0 AND m.pool_id > :after
    AND (b.time IS NULL OR b.time <= :at) AND (m.ended_version = 0 OR e.time > :at)
ORDER BY m.pool_id
LIMIT :page_size + 1;

-- name: memberships_begun_stand [sqlite]
-- Rows of [pool id, version, ids of talents] whose memberships a change began. One row, a list of how each stands in the
-- order given: 1 holds still, 0 was touched later, -1 names nobody any more. SQLite keeps the order of the rows given,
-- and sorting the list would cost more than all the rest.
WITH p AS MATERIALIZED (
    SELECT value ->> 0 AS pool_id, value ->> 1 AS version, value -> 2 AS talent_ids FROM json_each(:moved)
)
SELECT
    json_group_array(
        CASE
            WHEN m.talent_id IS NOT NULL THEN 1
            ELSE -1 + EXISTS (SELECT 1 FROM talents AS t WHERE t.tenant_id = :tenant_id AND t.talent_id = a.value)
        END
    ) AS stand_list
FROM p
CROSS JOIN json_each(p.talent_ids) AS a
LEFT JOIN memberships AS m
    ON m.tenant_id = :tenant_id AND m.pool_id = p.pool_id AND m.ended_version = 0 AND m.talent_id = a.value
    AND m.began_version = p.version;

-- name: memberships_begun_stand [postgresql]
-- Nobody is held: the pools are locked, so who is in them is deleted by nobody, and whoever is not enters none. Each is
-- looked up; EXISTS might read all of a pool instead.
WITH r AS MATERIALIZED (
    SELECT
        (p.value ->> 0)::bigint AS pool_id, (p.value ->> 1)::bigint AS version, a.value::bigint AS talent_id,
        p.place AS pool_place, a.place AS place
    FROM jsonb_array_elements(:moved::jsonb) WITH ORDINALITY AS p (value, place)
    CROSS JOIN jsonb_array_elements_text(p.value -> 2) WITH ORDINALITY AS a (value, place)
)
SELECT
    coalesce(
        array_agg(
            coalesce(
                (
                    SELECT 1
                    FROM memberships AS m
                    WHERE
                        m.tenant_id = :tenant_id AND m.pool_id = r.pool_id AND m.ended_version = 0
                        AND m.talent_id = r.talent_id AND m.began_version = r.version
                ),
                (SELECT 0 FROM talents AS t WHERE t.tenant_id = :tenant_id AND t.talent_id = r.talent_id),
                -1
            ) ORDER BY r.pool_place, r.place
        ), '{}'
    ) AS stand_list
FROM r;

-- name: memberships_begun_between
-- Of the first :most members that a pool has from one talent to another: how many came with this version of the pool.
SELECT count(*)
FROM (
    SELECT began_version
    FROM memberships
    WHERE
        tenant_id = :tenant_id AND pool_id = :pool_id AND ended_version = 0
        AND talent_id >= :first AND talent_id <= :last
    ORDER BY talent_id
    LIMIT :most
) AS m
WHERE m.began_version = :version;

-- name: memberships_ended_stand [sqlite]
-- The same of those whose memberships a change ended: the add_time of the one it ended where nothing came after it,
-- else 0 or -1. The plus keeps the planner from walking all of the pool for what came after.
WITH p AS MATERIALIZED (
    SELECT value ->> 0 AS pool_id, value ->> 1 AS version, value -> 2 AS talent_ids FROM json_each(:moved)
)
SELECT
    json_group_array(
        CASE
            WHEN NOT EXISTS (SELECT 1 FROM talents AS t WHERE t.tenant_id = :tenant_id AND t.talent_id = a.value)
                THEN -1
            WHEN EXISTS (
                SELECT 1 FROM memberships AS o
                WHERE
                    o.tenant_id = :tenant_id AND o.talent_id = a.value AND o.ended_version >= 0
                    AND +o.pool_id = p.pool_id AND (o.ended_version = 0 OR o.began_version >= p.version)
            )
                THEN 0
            ELSE coalesce(m.add_time, 0)
        END
    ) AS stand_list
FROM p
CROSS JOIN json_each(p.talent_ids) AS a
LEFT JOIN memberships AS m
    ON m.tenant_id = :tenant_id AND m.pool_id = p.pool_id AND m.ended_version = p.version AND m.talent_id = a.value;

-- name: memberships_ended_stand [postgresql]
-- The talents are held until the unit ends, so that nobody deletes them while they enter a pool again.
WITH r AS MATERIALIZED (
    SELECT
        (p.value ->> 0)::bigint AS pool_id, (p.value ->> 1)::bigint AS version, a.value::bigint AS talent_id,
        p.place AS pool_place, a.place AS place
    FROM jsonb_array_elements(:moved::jsonb) WITH ORDINALITY AS p (value, place)
    CROSS JOIN jsonb_array_elements_text(p.value -> 2) WITH ORDINALITY AS a (value, place)
),
known AS MATERIALIZED (
    SELECT t.talent_id
    FROM talents AS t
    WHERE t.tenant_id = :tenant_id AND t.talent_id = ANY (ARRAY(SELECT r.talent_id FROM r))
    ORDER BY t.talent_id
    FOR KEY SHARE
)
SELECT
    coalesce(
        array_agg(
            CASE
                WHEN (r.talent_id IN (SELECT k.talent_id FROM known AS k)) IS NOT TRUE
                    THEN -1
                WHEN (
                    SELECT count(*)
                    FROM memberships AS o
                    WHERE
                        o.tenant_id = :tenant_id AND o.talent_id = r.talent_id AND o.ended_version >= 0
                        AND o.pool_id = r.pool_id AND (o.ended_version = 0 OR o.began_version >= r.version)
                ) > 0
                    THEN 0
                ELSE coalesce(
                    (
                        SELECT m.add_time
                        FROM memberships AS m
                        WHERE
                            m.tenant_id = :tenant_id AND m.pool_id = r.pool_id AND m.ended_version = r.version
                            AND m.talent_id = r.talent_id
                    ), 0
                )
            END ORDER BY r.pool_place, r.place
        ), '{}'
    ) AS stand_list
FROM r;
