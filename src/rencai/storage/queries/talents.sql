-- Talents. Lists come as JSON, one row a talent, in ascending order of id.

-- name: talents_insert [sqlite]
INSERT INTO talents (tenant_id, talent_id, create_time, update_time)
SELECT :tenant_id, value, :time, :time FROM json_each(:talent_ids);

-- name: talent_profiles_insert [sqlite]
-- Rows of [talent id, profile as JSON text].
INSERT INTO talent_profiles (tenant_id, talent_id, profile)
SELECT :tenant_id, value ->> 0, value ->> 1 FROM json_each(:profiles);

-- name: talent_identities_insert [sqlite]
-- Rows of [kind, value, talent id].
INSERT INTO talent_identities (tenant_id, kind, value, talent_id)
SELECT :tenant_id, value ->> 0, value ->> 1, value ->> 2 FROM json_each(:identities);

-- name: talent_identities_taken [sqlite]
-- Which of the rows [kind, value, …] are somebody's already.
SELECT i.kind, i.value, i.talent_id
FROM json_each(:identities) AS j
CROSS JOIN talent_identities AS i
    ON i.tenant_id = :tenant_id AND i.kind = j.value ->> 0 AND i.value = j.value ->> 1;

-- name: talent_delete
DELETE FROM talents WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_profile_delete
DELETE FROM talent_profiles WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_identities_delete
DELETE FROM talent_identities WHERE tenant_id = :tenant_id AND talent_id = :talent_id;
