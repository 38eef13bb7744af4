-- How talents are found: by keyword, by page, by what they share. A keyword's words are in the words that have a
-- suffix from the keyword on and before :end, the first text that does not begin with it; or :exact is an e-mail or
-- mobile in full, which stands in :identities, rows of [kind, first, last], or as a word after a blank. :keywords are
-- rows of [keyword, exact]. Each query hands out (talent id, update time), a page and one more.

-- name: search_words_new [sqlite]
-- Those of the words that nobody has: they have no suffixes yet. The last who has one is looked for, because whoever
-- is new comes after them: a page that is needed anyway.
SELECT json_group_array(j.value) AS word_list
FROM json_each(:words) AS j
WHERE (
    SELECT max(w.talent_id)
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = j.value
) IS NULL;

-- name: search_words_new [postgresql]
-- Those that somebody has are held until the unit ends, so that nobody takes their suffixes away meanwhile.
WITH known AS MATERIALIZED (
    SELECT s.word
    FROM (SELECT u.word FROM unnest(:words::text[]) AS u (word) ORDER BY u.word) AS j
    CROSS JOIN LATERAL (
        SELECT x.word
        FROM search_suffixes AS x
        WHERE x.tenant_id = :tenant_id AND x.suffix = j.word AND x.word = j.word
        OFFSET 0
        FOR KEY SHARE
    ) AS s
)
SELECT
    ARRAY(
        SELECT j.word FROM unnest(:words::text[]) AS j (word)
        EXCEPT
        SELECT k.word FROM known AS k
        ORDER BY word
    ) AS word_list;

-- name: search_suffixes_insert [sqlite]
-- Rows of [suffix, word].
INSERT INTO search_suffixes (tenant_id, suffix, word)
SELECT :tenant_id, value ->> 0, value ->> 1 FROM json_each(:suffixes);

-- name: search_suffixes_insert [postgresql]
-- Whoever comes second with a word that nobody had waits for the first, and holds it then by search_words_hold. In order:
-- two who bring many new words would each wait for the other, until the engine looks for such rings a second later.
INSERT INTO search_suffixes (tenant_id, suffix, word)
SELECT :tenant_id::bigint, j.value ->> 0, j.value ->> 1
FROM jsonb_array_elements(:suffixes::jsonb) AS j (value)
ORDER BY j.value ->> 0, j.value ->> 1
ON CONFLICT (tenant_id, suffix, word) DO NOTHING;

-- name: search_words_hold [postgresql]
-- So that nobody takes their suffixes away. It hinders nobody who holds them too; an ON CONFLICT DO UPDATE would.
SELECT s.word
FROM (SELECT u.word FROM unnest(:words::text[]) AS u (word) ORDER BY u.word) AS j
CROSS JOIN LATERAL (
    SELECT x.word
    FROM search_suffixes AS x
    WHERE x.tenant_id = :tenant_id AND x.suffix = j.word AND x.word = j.word
    OFFSET 0
    FOR KEY SHARE
) AS s
ORDER BY s.word;

-- name: search_words_insert [sqlite]
-- Rows of [word, talent id].
INSERT INTO search_words (tenant_id, word, talent_id)
SELECT :tenant_id, value ->> 0, value ->> 1 FROM json_each(:words);

-- name: search_words_insert [postgresql]
INSERT INTO search_words (tenant_id, word, talent_id)
SELECT :tenant_id::bigint, j.value ->> 0, (j.value ->> 1)::bigint FROM jsonb_array_elements(:words::jsonb) AS j (value);

-- name: search_texts_insert [sqlite]
-- Rows of [talent id, words, exact].
INSERT INTO search_texts (tenant_id, talent_id, words, exact)
SELECT :tenant_id, value ->> 0, value ->> 1, value ->> 2 FROM json_each(:texts);

-- name: search_texts_insert [postgresql]
INSERT INTO search_texts (tenant_id, talent_id, words, exact)
SELECT :tenant_id::bigint, (j.value ->> 0)::bigint, j.value ->> 1, j.value ->> 2
FROM jsonb_array_elements(:texts::jsonb) AS j (value);

-- name: search_text
SELECT words, exact FROM search_texts WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: search_text_delete
DELETE FROM search_texts WHERE tenant_id = :tenant_id AND talent_id = :talent_id;

-- name: search_words_lock [postgresql]
-- Before somebody's words are taken away: whoever brings one of them to another person waits, and so do we for them.
SELECT s.word
FROM (SELECT u.word FROM unnest(:words::text[]) AS u (word) ORDER BY u.word) AS j
CROSS JOIN LATERAL (
    SELECT x.word
    FROM search_suffixes AS x
    WHERE x.tenant_id = :tenant_id AND x.suffix = j.word AND x.word = j.word
    OFFSET 0
    FOR UPDATE
) AS s
ORDER BY s.word;

-- name: search_words_delete [sqlite]
DELETE FROM search_words
WHERE tenant_id = :tenant_id AND word IN (SELECT value FROM json_each(:words)) AND talent_id = :talent_id;

-- name: search_words_delete [postgresql]
DELETE FROM search_words
WHERE tenant_id = :tenant_id AND word = ANY (:words::text[]) AND talent_id = :talent_id;

-- name: search_words_unused [sqlite]
-- Those of the words that nobody has any more: nothing of a deleted person may stay behind.
SELECT json_group_array(j.value) AS word_list
FROM json_each(:words) AS j
WHERE NOT EXISTS (
    SELECT 1
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = j.value
);

-- name: search_words_unused [postgresql]
SELECT
    ARRAY(
        SELECT j.word
        FROM unnest(:words::text[]) AS j (word)
        WHERE NOT EXISTS (
            SELECT 1
            FROM search_words AS w
            WHERE w.tenant_id = :tenant_id AND w.word = j.word
        )
        ORDER BY j.word
    ) AS word_list;

-- name: search_suffixes_delete [sqlite]
-- Rows of [suffix, word].
DELETE FROM search_suffixes
WHERE
    tenant_id = :tenant_id
    AND (suffix, word) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:suffixes));

-- name: search_suffixes_delete [postgresql]
DELETE FROM search_suffixes AS s
USING jsonb_array_elements(:suffixes::jsonb) AS j (value)
WHERE s.tenant_id = :tenant_id AND s.suffix = j.value ->> 0 AND s.word = j.value ->> 1;

-- name: search_counts [sqlite]
-- For each row [keyword, end]: how many people have it at most, counted to :most.
-- Somebody who has it in two words counts twice.
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM search_suffixes AS x
            CROSS JOIN search_words AS w ON w.tenant_id = :tenant_id AND w.word = x.word
            WHERE x.tenant_id = :tenant_id AND x.suffix >= k.value ->> 0 AND x.suffix < k.value ->> 1
            LIMIT :most
        )
    )
FROM json_each(:keywords) AS k
ORDER BY k.key;

-- name: search_counts [postgresql]
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM search_suffixes AS x
            JOIN search_words AS w ON w.tenant_id = :tenant_id AND w.word = x.word
            WHERE x.tenant_id = :tenant_id AND x.suffix >= k.value ->> 0 AND x.suffix < k.value ->> 1
            LIMIT :most
        ) AS found
    )
FROM jsonb_array_elements(:keywords::jsonb) WITH ORDINALITY AS k (value, place)
ORDER BY k.place;

-- name: search_narrow [sqlite]
-- Few have the keyword: all of them are looked at, held against the other keywords, and sorted. Their texts lie
-- scattered and cost most; with no other keyword they are not read.
WITH h AS MATERIALIZED (
    SELECT w.talent_id
    FROM search_suffixes AS x
    CROSS JOIN search_words AS w ON w.tenant_id = :tenant_id AND w.word = x.word
    WHERE x.tenant_id = :tenant_id AND x.suffix >= :keyword AND x.suffix < :end
    UNION
    SELECT w.talent_id
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = ' ' || :exact
    UNION
    SELECT i.talent_id
    FROM json_each(:identities) AS j
    CROSS JOIN talent_identities AS i
        ON i.tenant_id = :tenant_id AND i.kind = j.value ->> 0 AND i.value BETWEEN j.value ->> 1 AND j.value ->> 2
)
SELECT t.talent_id, t.update_time
FROM h
CROSS JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = h.talent_id
WHERE
    t.update_time >= :since
    AND t.update_time <= :before_time
    AND (t.talent_id < :before_id OR (NOT :by_entry AND t.update_time < :before_time))
    AND NOT EXISTS (
        SELECT 1
        FROM json_each(:keywords) AS k
        CROSS JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE instr(x.words, k.value ->> 0) = 0 AND instr(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY CASE WHEN :by_entry THEN 0 ELSE t.update_time END DESC, t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_narrow [postgresql]
WITH h AS MATERIALIZED (
    SELECT w.talent_id
    FROM search_suffixes AS x
    JOIN search_words AS w ON w.tenant_id = :tenant_id AND w.word = x.word
    WHERE x.tenant_id = :tenant_id AND x.suffix >= :keyword AND x.suffix < :end
    UNION
    SELECT w.talent_id
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = ' ' || :exact::text
    UNION
    SELECT i.talent_id
    FROM jsonb_array_elements(:identities::jsonb) AS j (value)
    CROSS JOIN LATERAL (
        SELECT o.talent_id
        FROM talent_identities AS o
        WHERE o.tenant_id = :tenant_id AND o.kind = j.value ->> 0 AND o.value BETWEEN j.value ->> 1 AND j.value ->> 2
        OFFSET 0
    ) AS i
)
SELECT t.talent_id, t.update_time
FROM h
CROSS JOIN LATERAL (
    SELECT o.talent_id, o.update_time FROM talents AS o WHERE o.tenant_id = :tenant_id AND o.talent_id = h.talent_id OFFSET 0
) AS t
WHERE
    t.update_time >= :since
    AND t.update_time <= :before_time
    AND (t.talent_id < :before_id OR (:by_entry::bigint = 0 AND t.update_time < :before_time))
    AND NOT EXISTS (
        SELECT 1
        FROM jsonb_array_elements(:keywords::jsonb) AS k (value)
        JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE strpos(x.words, k.value ->> 0) = 0 AND strpos(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY CASE WHEN :by_entry::bigint = 0 THEN t.update_time ELSE 0 END DESC, t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_broad_by_update [sqlite]
-- Many have each keyword, or there is none: talents are walked in order until the page is full.
SELECT t.talent_id, t.update_time
FROM talents AS t
WHERE
    t.tenant_id = :tenant_id
    AND t.update_time >= :since
    AND t.update_time <= :before_time
    AND (t.update_time < :before_time OR t.talent_id < :before_id)
    AND NOT EXISTS (
        SELECT 1
        FROM json_each(:keywords) AS k
        CROSS JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE instr(x.words, k.value ->> 0) = 0 AND instr(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY t.update_time DESC, t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_broad_by_update [postgresql]
SELECT t.talent_id, t.update_time
FROM talents AS t
WHERE
    t.tenant_id = :tenant_id
    AND t.update_time >= :since
    AND t.update_time <= :before_time
    AND (t.update_time < :before_time OR t.talent_id < :before_id)
    AND NOT EXISTS (
        SELECT 1
        FROM jsonb_array_elements(:keywords::jsonb) AS k (value)
        JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE strpos(x.words, k.value ->> 0) = 0 AND strpos(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY t.update_time DESC, t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_broad_by_entry [sqlite]
-- The same in the order of entry.
SELECT t.talent_id, t.update_time
FROM talents AS t
WHERE
    t.tenant_id = :tenant_id
    AND t.talent_id < :before_id
    AND t.update_time >= :since
    AND t.update_time <= :before_time
    AND NOT EXISTS (
        SELECT 1
        FROM json_each(:keywords) AS k
        CROSS JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE instr(x.words, k.value ->> 0) = 0 AND instr(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_broad_by_entry [postgresql]
SELECT t.talent_id, t.update_time
FROM talents AS t
WHERE
    t.tenant_id = :tenant_id
    AND t.talent_id < :before_id
    AND t.update_time >= :since
    AND t.update_time <= :before_time
    AND NOT EXISTS (
        SELECT 1
        FROM jsonb_array_elements(:keywords::jsonb) AS k (value)
        JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
        WHERE strpos(x.words, k.value ->> 0) = 0 AND strpos(x.exact, ' ' || (k.value ->> 1) || ' ') = 0
    )
ORDER BY t.talent_id DESC
LIMIT :page_size + 1;

-- name: search_similar [sqlite]
-- Who shares one of the words with the talent: the first 100.
SELECT DISTINCT w.talent_id
FROM json_each(:words) AS j
CROSS JOIN search_words AS w ON w.tenant_id = :tenant_id AND w.word = j.value
WHERE w.talent_id <> :talent_id
ORDER BY w.talent_id
LIMIT 100;

-- name: search_similar [postgresql]
SELECT DISTINCT w.talent_id
FROM search_words AS w
WHERE w.tenant_id = :tenant_id AND w.word = ANY (:words::text[]) AND w.talent_id <> :talent_id
ORDER BY w.talent_id
LIMIT 100;

-- name: tenants_all
SELECT tenant_id FROM tenants ORDER BY tenant_id;

-- name: talents_to_derive
-- The next talents of a tenant, for a program whose rules are newer than the rows derived from profiles.
SELECT talent_id, profile
FROM talent_profiles
WHERE tenant_id = :tenant_id AND talent_id > :after
ORDER BY talent_id
LIMIT :batch_size;

-- name: derivation_state
SELECT version, tenant_id, talent_id FROM derivation;

-- name: derivation_state_put
UPDATE derivation SET version = :version, tenant_id = :reached_tenant_id, talent_id = :reached_talent_id;

-- name: talents_count
SELECT count(*) FROM talents WHERE tenant_id = :tenant_id AND talent_id > 0;
