-- Talents. Lists come as JSON, one row a talent, in ascending order of id.

-- name: talents_insert [sqlite]
INSERT INTO talents (tenant_id, talent_id, create_time, update_time)
SELECT :tenant_id, value, :time, :time FROM json_each(:talent_ids);

-- name: talents_insert [postgresql]
INSERT INTO talents (tenant_id, talent_id, create_time, update_time)
SELECT :tenant_id::bigint, j.talent_id, :time::bigint, :time::bigint
FROM unnest(:talent_ids::bigint[]) AS j (talent_id);

-- name: talent_profiles_insert [sqlite]
-- Rows of [talent id, profile as JSON text].
INSERT INTO talent_profiles (tenant_id, talent_id, profile)
SELECT :tenant_id, value ->> 0, value ->> 1 FROM json_each(:profiles);

-- name: talent_profiles_insert [postgresql]
INSERT INTO talent_profiles (tenant_id, talent_id, profile)
SELECT :tenant_id::bigint, (j.value ->> 0)::bigint, j.value ->> 1
FROM jsonb_array_elements(:profiles::jsonb) AS j (value);

-- name: talent_lock [postgresql]
-- For a change of what is known of a talent. Their memberships may change meanwhile.
SELECT talent_id FROM talents
WHERE tenant_id = :tenant_id AND talent_id = :talent_id
FOR NO KEY UPDATE;

-- name: talent_lock_whole [postgresql]
-- Also keeps anybody from adding the talent to a pool, and waits for those who do.
SELECT talent_id FROM talents
WHERE tenant_id = :tenant_id AND talent_id = :talent_id
FOR UPDATE;

-- name: talent_update
UPDATE talents SET update_time = :time WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_profile_update
UPDATE talent_profiles SET profile = :profile WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_identities_insert [sqlite]
-- Rows of [kind, value, talent id].
INSERT INTO talent_identities (tenant_id, kind, value, talent_id)
SELECT :tenant_id, value ->> 0, value ->> 1, value ->> 2 FROM json_each(:identities);

-- name: talent_identities_insert [postgresql]
-- In order, so that two calls that bring the same identities don't wait for each other.
INSERT INTO talent_identities (tenant_id, kind, value, talent_id)
SELECT :tenant_id::bigint, j.value ->> 0, j.value ->> 1, (j.value ->> 2)::bigint
FROM jsonb_array_elements(:identities::jsonb) AS j (value)
ORDER BY 2, 3;

-- name: talent_identities_of
SELECT kind, value
FROM talent_identities
WHERE tenant_id = :tenant_id AND talent_id = :talent_id
ORDER BY kind, value;

-- name: talent_identities_taken [sqlite]
-- Which of the rows [kind, value, …] are somebody's already.
SELECT i.kind, i.value, i.talent_id
FROM json_each(:identities) AS j
CROSS JOIN talent_identities AS i
    ON i.tenant_id = :tenant_id AND i.kind = j.value ->> 0 AND i.value = j.value ->> 1
ORDER BY i.kind, i.value;

-- name: talent_identities_taken [postgresql]
-- LATERAL and OFFSET 0 keep the list outside: of a tenant that it has no statistics of, the planner thinks so little
-- that it would read the whole list for each row.
SELECT i.kind, i.value, i.talent_id
FROM jsonb_array_elements(:identities::jsonb) AS j (value)
CROSS JOIN LATERAL (
    SELECT o.kind, o.value, o.talent_id
    FROM talent_identities AS o
    WHERE o.tenant_id = :tenant_id AND o.kind = j.value ->> 0 AND o.value = j.value ->> 1
    OFFSET 0
) AS i
ORDER BY i.kind, i.value;

-- name: talent_rows [sqlite]
-- What is shown of each of these talents.
SELECT t.talent_id, t.create_time, t.update_time, p.profile, s.onboard_time, s.overboard_time
FROM json_each(:talent_ids) AS j
CROSS JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = j.value
JOIN talent_profiles AS p ON p.tenant_id = :tenant_id AND p.talent_id = t.talent_id
LEFT JOIN talent_states AS s ON s.tenant_id = :tenant_id AND s.talent_id = t.talent_id
ORDER BY t.talent_id;

-- name: talent_rows [postgresql]
SELECT t.talent_id, t.create_time, t.update_time, p.profile, s.onboard_time, s.overboard_time
FROM talents AS t
JOIN talent_profiles AS p ON p.tenant_id = :tenant_id AND p.talent_id = t.talent_id
LEFT JOIN talent_states AS s ON s.tenant_id = :tenant_id AND s.talent_id = t.talent_id
WHERE t.tenant_id = :tenant_id AND t.talent_id = ANY (:talent_ids::bigint[])
ORDER BY t.talent_id;

-- name: talents_known_count [sqlite]
-- How many of the ids given, each once, name a talent: one row, where talents_known makes a list.
SELECT count(*)
FROM json_each(:talent_ids) AS j
CROSS JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = j.value;

-- name: talents_known_count [postgresql]
SELECT count(*) FROM talents WHERE tenant_id = :tenant_id AND talent_id = ANY (:talent_ids::bigint[]);

-- name: talents_known [sqlite]
-- Those of the ids that name a talent. One row.
SELECT json_group_array(t.talent_id) AS known_list
FROM json_each(:talent_ids) AS j
CROSS JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = j.value;

-- name: talents_known [postgresql]
SELECT
    ARRAY(
        SELECT t.talent_id
        FROM talents AS t
        WHERE t.tenant_id = :tenant_id AND t.talent_id = ANY (:talent_ids::bigint[])
        ORDER BY t.talent_id
    ) AS known_list;

-- name: talent_profile
SELECT profile FROM talent_profiles WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_delete
DELETE FROM talents WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_profile_delete
DELETE FROM talent_profiles WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_identities_delete
DELETE FROM talent_identities WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_identities_give_up [sqlite]
-- Rows of [kind, value] that are the talent's no longer.
DELETE FROM talent_identities
WHERE
    tenant_id = :tenant_id AND talent_id = :talent_id
    AND (kind, value) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:identities));

-- name: talent_identities_give_up [postgresql]
DELETE FROM talent_identities AS i
USING jsonb_array_elements(:identities::jsonb) AS j (value)
WHERE i.tenant_id = :tenant_id AND i.talent_id = :talent_id AND i.kind = j.value ->> 0 AND i.value = j.value ->> 1;

-- name: talent_state
SELECT onboard_time, overboard_time, external_create_time, blocked_time, block_creator_id, block_reason
FROM talent_states
WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_state_put
INSERT INTO talent_states (
    tenant_id, talent_id, onboard_time, overboard_time, external_create_time, blocked_time, block_creator_id,
    block_reason
)
VALUES (
    :tenant_id, :talent_id, :onboard_time, :overboard_time, :external_create_time, :blocked_time,
    :block_creator_id, :block_reason
)
ON CONFLICT (tenant_id, talent_id) DO UPDATE SET
    onboard_time = excluded.onboard_time,
    overboard_time = excluded.overboard_time,
    external_create_time = excluded.external_create_time,
    blocked_time = excluded.blocked_time,
    block_creator_id = excluded.block_creator_id,
    block_reason = excluded.block_reason;

-- name: talent_state_delete
DELETE FROM talent_states WHERE tenant_id = :tenant_id AND talent_id = :talent_id;
