-- Talent folders and who is in them.

-- name: talent_folder_page
SELECT folder_id, folder_name, owner_id
FROM talent_folders
WHERE tenant_id = :tenant_id AND folder_id > :after
ORDER BY folder_id
LIMIT :page_size + 1;

-- name: talent_folder_by_id
SELECT folder_id, folder_name, owner_id
FROM talent_folders
WHERE tenant_id = :tenant_id AND folder_id = :folder_id;

-- name: talent_folder_lock [postgresql]
-- Talents may still be put into the folder.
SELECT folder_id FROM talent_folders
WHERE tenant_id = :tenant_id AND folder_id = :folder_id
FOR NO KEY UPDATE;

-- name: talent_folders_known [sqlite]
-- Those of the ids that name a folder. One row.
SELECT json_group_array(f.folder_id) AS known_list
FROM json_each(:folder_ids) AS j
CROSS JOIN talent_folders AS f ON f.tenant_id = :tenant_id AND f.folder_id = j.value;

-- name: talent_folders_known [postgresql]
SELECT
    ARRAY(
        SELECT f.folder_id
        FROM talent_folders AS f
        WHERE f.tenant_id = :tenant_id AND f.folder_id = ANY (:folder_ids::bigint[])
        ORDER BY f.folder_id
    ) AS known_list;

-- name: talent_folder_insert
INSERT INTO talent_folders (tenant_id, folder_id, folder_name, owner_id)
VALUES (:tenant_id, :folder_id, :folder_name, :owner_id);

-- name: talent_folder_update
UPDATE talent_folders
SET folder_name = :folder_name, owner_id = :owner_id
WHERE tenant_id = :tenant_id AND folder_id = :folder_id;

-- name: talent_folder_delete
DELETE FROM talent_folders WHERE tenant_id = :tenant_id AND folder_id = :folder_id;

-- name: talent_folder_first_talent
SELECT talent_id
FROM folder_associations
WHERE tenant_id = :tenant_id AND folder_id = :folder_id
ORDER BY talent_id
LIMIT 1;

-- name: folder_associations_in [sqlite]
-- Those of the talents that are in the folder. One row.
SELECT json_group_array(a.talent_id) AS talent_list
FROM json_each(:talent_ids) AS j
CROSS JOIN folder_associations AS a
    ON a.tenant_id = :tenant_id AND a.folder_id = :folder_id AND a.talent_id = j.value;

-- name: folder_associations_in [postgresql]
SELECT
    ARRAY(
        SELECT a.talent_id
        FROM folder_associations AS a
        WHERE a.tenant_id = :tenant_id AND a.folder_id = :folder_id AND a.talent_id = ANY (:talent_ids::bigint[])
        ORDER BY a.talent_id
    ) AS talent_list;

-- name: folder_associations_insert [sqlite]
-- Rows of [folder id, talent id]; whoever is in a folder stays in it since when they came.
INSERT INTO folder_associations (tenant_id, folder_id, talent_id, add_time)
SELECT :tenant_id, value ->> 0, value ->> 1, :time FROM json_each(:associations) WHERE true
ON CONFLICT DO NOTHING;

-- name: folder_associations_insert [postgresql]
INSERT INTO folder_associations (tenant_id, folder_id, talent_id, add_time)
SELECT :tenant_id::bigint, (j.value ->> 0)::bigint, (j.value ->> 1)::bigint, :time::bigint
FROM jsonb_array_elements(:associations::jsonb) AS j (value)
ON CONFLICT DO NOTHING;

-- name: folder_associations_delete [sqlite]
DELETE FROM folder_associations
WHERE
    tenant_id = :tenant_id AND folder_id = :folder_id AND talent_id IN (SELECT value FROM json_each(:talent_ids));

-- name: folder_associations_delete [postgresql]
DELETE FROM folder_associations
WHERE tenant_id = :tenant_id AND folder_id = :folder_id AND talent_id = ANY (:talent_ids::bigint[]);

-- name: folder_associations_delete_others [sqlite]
-- Take a talent out of every folder but these.
DELETE FROM folder_associations
WHERE
    tenant_id = :tenant_id AND talent_id = :talent_id AND folder_id NOT IN (SELECT value FROM json_each(:folder_ids));

-- name: folder_associations_delete_others [postgresql]
DELETE FROM folder_associations
WHERE tenant_id = :tenant_id AND talent_id = :talent_id AND folder_id <> ALL (:folder_ids::bigint[]);

-- name: folder_associations_delete_all
DELETE FROM folder_associations WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: talent_folders_of_talent
SELECT f.folder_id, f.folder_name, f.owner_id, a.add_time
FROM folder_associations AS a
JOIN talent_folders AS f ON f.tenant_id = :tenant_id AND f.folder_id = a.folder_id
WHERE a.tenant_id = :tenant_id AND a.talent_id = :talent_id
ORDER BY a.folder_id;
