-- Custom modules and fields.

-- name: talent_objects_all
-- A tenant has some hundreds at most. Ids grow with time, so their order is the order of creation.
SELECT
    object_id, parent_id, name_zh, name_en, description_zh, description_en, object_type, options, is_required,
    active_status
FROM talent_objects
WHERE tenant_id = :tenant_id AND object_id > 0
ORDER BY object_id;

-- name: talent_object_lock [postgresql]
SELECT object_id FROM talent_objects
WHERE tenant_id = :tenant_id AND object_id = :object_id
FOR NO KEY UPDATE;

-- name: talent_object_insert
INSERT INTO talent_objects (
    tenant_id, object_id, parent_id, name_zh, name_en, description_zh, description_en, object_type, options,
    is_required, active_status
)
VALUES (
    :tenant_id, :object_id, :parent_id, :name_zh, :name_en, :description_zh, :description_en, :object_type, :options,
    :is_required, :active_status
);

-- name: talent_object_update
UPDATE talent_objects
SET
    name_zh = :name_zh, name_en = :name_en, description_zh = :description_zh, description_en = :description_en,
    options = :options, is_required = :is_required, active_status = :active_status
WHERE tenant_id = :tenant_id AND object_id = :object_id;
