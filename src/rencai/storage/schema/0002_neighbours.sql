-- What stands around talents: how they are found, what they are besides their profile, folders, tags, custom fields,
-- notes, and the log of what was done to them.

-- Lists of talents go by the time of their last update.
CREATE INDEX talents_update ON talents (tenant_id, update_time, talent_id);

-- Which rules the rows derived from profiles were made by: identities, search texts, words and suffixes. A program
-- with newer rules makes them anew when it opens the file, and notes how far it is: the last talent done, in order of
-- tenant and id. Belongs to no tenant.
CREATE TABLE derivation (
    version BIGINT NOT NULL PRIMARY KEY,
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO derivation (version, tenant_id, talent_id)
SELECT CASE WHEN EXISTS (SELECT 1 FROM talents) THEN 0 ELSE 1 END, 0, 0;

-- What a talent can be found by, in normal form: words by any part of them (separated by line ends), and what must be
-- given in full (blanks before and after each). A keyword holds neither, so instr() tells whether it occurs.
CREATE TABLE search_texts (
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    words TEXT NOT NULL,
    exact TEXT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
) WITHOUT ROWID;

-- The same from the other side: who has each word. What must be given in full stands here after a blank, where no
-- identity finds it; and hashes of a name and a school or company after a tab: people who share one are similar. No
-- keyword begins so.
CREATE TABLE search_words (
    tenant_id BIGINT NOT NULL,
    word TEXT NOT NULL,
    talent_id BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, word, talent_id)
) WITHOUT ROWID;

-- Every word from each of its characters on: words that hold a keyword have a suffix that begins with it. One row a
-- character of each different word, however many people have it.
CREATE TABLE search_suffixes (
    tenant_id BIGINT NOT NULL,
    suffix TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (tenant_id, suffix, word)
) WITHOUT ROWID;

-- What a talent is besides their profile; no row for most. Times in ms.
CREATE TABLE talent_states (
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    onboard_time BIGINT,
    overboard_time BIGINT,
    external_create_time BIGINT,
    blocked_time BIGINT,
    block_creator_id TEXT,
    block_reason TEXT,
    PRIMARY KEY (tenant_id, talent_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
) WITHOUT ROWID;

CREATE TABLE talent_folders (
    tenant_id BIGINT NOT NULL,
    folder_id BIGINT NOT NULL,
    folder_name TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, folder_id)
) WITHOUT ROWID;

CREATE TABLE folder_associations (
    tenant_id BIGINT NOT NULL,
    folder_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    add_time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id, folder_id),
    FOREIGN KEY (tenant_id, folder_id) REFERENCES talent_folders (tenant_id, folder_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX folder_associations_folder ON folder_associations (tenant_id, folder_id, talent_id);

CREATE TABLE talent_tags (
    tenant_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_zh TEXT NOT NULL,
    description_en TEXT NOT NULL,
    type BIGINT NOT NULL,
    active_status BIGINT NOT NULL,
    folded_name TEXT NOT NULL, -- both names in the form that keywords are compared in
    PRIMARY KEY (tenant_id, tag_id)
) WITHOUT ROWID;

CREATE TABLE tag_associations (
    tenant_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id, tag_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id),
    FOREIGN KEY (tenant_id, tag_id) REFERENCES talent_tags (tenant_id, tag_id)
) WITHOUT ROWID;

-- Custom modules and fields. parent_id is 0 for a module; for a field it is its module, which may be one of those
-- that every tenant has (1 to 9) and that have no row. options is JSON.
CREATE TABLE talent_objects (
    tenant_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL,
    parent_id BIGINT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_zh TEXT NOT NULL,
    description_en TEXT NOT NULL,
    object_type BIGINT NOT NULL,
    options TEXT NOT NULL,
    is_required BIGINT NOT NULL,
    active_status BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, object_id)
) WITHOUT ROWID;

CREATE TABLE notes (
    tenant_id BIGINT NOT NULL,
    note_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    application_id TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    content TEXT NOT NULL,
    privacy BIGINT NOT NULL,
    mentions TEXT NOT NULL, -- JSON
    create_time BIGINT NOT NULL,
    modify_time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, talent_id, note_id),
    FOREIGN KEY (tenant_id, talent_id) REFERENCES talents (tenant_id, talent_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX notes_note ON notes (tenant_id, note_id);

-- What was done to talents, by whom. Outlives the talent, of whom it holds the id alone. Memberships are not written
-- down a second time: the log is read from changes as well.
CREATE TABLE operation_logs (
    tenant_id BIGINT NOT NULL,
    log_id BIGINT NOT NULL,
    talent_id BIGINT NOT NULL,
    operation_type BIGINT NOT NULL,
    operator_id TEXT NOT NULL,
    operator_type BIGINT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, log_id)
) WITHOUT ROWID;
