-- Talent tags and who has them.

-- name: talent_tag_page [sqlite]
-- Newest first. An empty list of ids, an empty keyword and type 0 stand for all.
SELECT tag_id, name_zh, name_en, description_zh, description_en, type, active_status
FROM talent_tags
WHERE
    tenant_id = :tenant_id
    AND tag_id < :before
    AND (:all_ids OR tag_id IN (SELECT value FROM json_each(:tag_ids)))
    AND (:type = 0 OR type = :type)
    AND (active_status = 1 OR :include_inactive)
    AND (:keyword = '' OR instr(folded_name, :keyword) > 0)
ORDER BY tag_id DESC
LIMIT :page_size + 1;

-- name: talent_tag_page [postgresql]
SELECT tag_id, name_zh, name_en, description_zh, description_en, type, active_status
FROM talent_tags
WHERE
    tenant_id = :tenant_id
    AND tag_id < :before
    AND (:all_ids::bigint <> 0 OR tag_id = ANY (:tag_ids::bigint[]))
    AND (:type::bigint = 0 OR type = :type)
    AND (active_status = 1 OR :include_inactive::bigint <> 0)
    AND (:keyword::text = '' OR strpos(folded_name, :keyword) > 0)
ORDER BY tag_id DESC
LIMIT :page_size + 1;

-- name: talent_tag_by_id
SELECT tag_id, name_zh, name_en, description_zh, description_en, type, active_status
FROM talent_tags
WHERE tenant_id = :tenant_id AND tag_id = :tag_id;

-- name: talent_tag_lock [postgresql]
SELECT tag_id FROM talent_tags
WHERE tenant_id = :tenant_id AND tag_id = :tag_id
FOR NO KEY UPDATE;

-- name: talent_tags_of_talent
SELECT t.tag_id, t.name_zh, t.name_en, t.description_zh, t.description_en, t.type, t.active_status
FROM tag_associations AS a
JOIN talent_tags AS t ON t.tenant_id = :tenant_id AND t.tag_id = a.tag_id
WHERE a.tenant_id = :tenant_id AND a.talent_id = :talent_id
ORDER BY a.tag_id;

-- name: talent_tags_standing [sqlite]
-- Of the ids that name a tag: which, whether it is on, and whether the talent has it.
SELECT t.tag_id, t.active_status, a.talent_id IS NOT NULL
FROM json_each(:tag_ids) AS j
CROSS JOIN talent_tags AS t ON t.tenant_id = :tenant_id AND t.tag_id = j.value
LEFT JOIN tag_associations AS a
    ON a.tenant_id = :tenant_id AND a.talent_id = :talent_id AND a.tag_id = t.tag_id
ORDER BY t.tag_id;

-- name: talent_tags_standing [postgresql]
SELECT t.tag_id, t.active_status, a.talent_id IS NOT NULL
FROM talent_tags AS t
LEFT JOIN tag_associations AS a
    ON a.tenant_id = :tenant_id AND a.talent_id = :talent_id AND a.tag_id = t.tag_id
WHERE t.tenant_id = :tenant_id AND t.tag_id = ANY (:tag_ids::bigint[])
ORDER BY t.tag_id;

-- name: talent_tag_insert
INSERT INTO talent_tags (
    tenant_id, tag_id, name_zh, name_en, description_zh, description_en, type, active_status, folded_name
)
VALUES (
    :tenant_id, :tag_id, :name_zh, :name_en, :description_zh, :description_en, :type, :active_status, :folded_name
);

-- name: talent_tag_update
UPDATE talent_tags
SET
    name_zh = :name_zh, name_en = :name_en, description_zh = :description_zh, description_en = :description_en,
    type = :type, active_status = :active_status, folded_name = :folded_name
WHERE tenant_id = :tenant_id AND tag_id = :tag_id;

-- name: tag_associations_insert [sqlite]
INSERT INTO tag_associations (tenant_id, talent_id, tag_id)
SELECT :tenant_id, :talent_id, value FROM json_each(:tag_ids);

-- name: tag_associations_insert [postgresql]
INSERT INTO tag_associations (tenant_id, talent_id, tag_id)
SELECT :tenant_id::bigint, :talent_id::bigint, j.tag_id FROM unnest(:tag_ids::bigint[]) AS j (tag_id);

-- name: tag_associations_delete [sqlite]
DELETE FROM tag_associations
WHERE tenant_id = :tenant_id AND talent_id = :talent_id AND tag_id IN (SELECT value FROM json_each(:tag_ids));

-- name: tag_associations_delete [postgresql]
DELETE FROM tag_associations
WHERE tenant_id = :tenant_id AND talent_id = :talent_id AND tag_id = ANY (:tag_ids::bigint[]);

-- name: tag_associations_delete_all
DELETE FROM tag_associations WHERE tenant_id = :tenant_id AND talent_id = :talent_id;
