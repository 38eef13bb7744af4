-- Notes on talents.

-- name: note_insert
INSERT INTO notes (
    tenant_id, note_id, talent_id, application_id, creator_id, content, privacy, mentions, create_time, modify_time
)
VALUES (
    :tenant_id, :note_id, :talent_id, :application_id, :creator_id, :content, :privacy, :mentions, :time, :time
);

-- name: note_by_id
SELECT note_id, talent_id, application_id, creator_id, content, privacy, create_time, modify_time
FROM notes
WHERE tenant_id = :tenant_id AND note_id = :note_id;

-- name: note_lock [postgresql]
SELECT note_id FROM notes
WHERE tenant_id = :tenant_id AND note_id = :note_id
FOR NO KEY UPDATE;

-- name: note_page
-- Newest first.
SELECT note_id, talent_id, application_id, creator_id, content, privacy, create_time, modify_time
FROM notes
WHERE tenant_id = :tenant_id AND talent_id = :talent_id AND note_id < :before
ORDER BY note_id DESC
LIMIT :page_size + 1;

-- name: note_update
UPDATE notes
SET content = :content, mentions = :mentions, modify_time = :time
WHERE tenant_id = :tenant_id AND note_id = :note_id;

-- name: note_delete
DELETE FROM notes WHERE tenant_id = :tenant_id AND note_id = :note_id;

-- name: notes_delete_of_talent
DELETE FROM notes WHERE tenant_id = :tenant_id AND talent_id = :talent_id;
