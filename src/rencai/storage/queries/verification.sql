-- What `rencai database verify` reads. Each walks a key, a page a statement, and hands out what is compared in the
-- program; :start is where the tenant's history begins.

-- name: history_start
SELECT time FROM history_starts WHERE tenant_id = :tenant_id;

-- name: talent_pool_next
-- The next pool that there is, or of which there is history or a membership. One row, of null at the end.
SELECT min(n.pool_id)
FROM (
    SELECT min(pool_id) AS pool_id FROM talent_pools WHERE tenant_id = :tenant_id AND pool_id > :after
    UNION ALL
    SELECT min(pool_id) FROM memberships WHERE tenant_id = :tenant_id AND pool_id > :after
    UNION ALL
    SELECT min(pool_id) FROM change_parts WHERE tenant_id = :tenant_id AND pool_id > :after
) AS n;

-- name: talent_pool_standing
SELECT pool_id, version, change_time, member_count
FROM talent_pools
WHERE tenant_id = :tenant_id AND pool_id = :pool_id;

-- name: verify_parts
-- A pool's parts in order, with their change's time: null without a change.
SELECT p.version, p.part, p.change_id, p.time, c.time, p.added_count, p.removed_count, p.added, p.removed
FROM change_parts AS p
LEFT JOIN changes AS c ON c.tenant_id = :tenant_id AND c.change_id = p.change_id
WHERE
    p.tenant_id = :tenant_id AND p.pool_id = :pool_id AND p.time >= :start
    AND (p.version, p.part) > (:version, :part)
ORDER BY p.version, p.part
LIMIT :page_size;

-- name: verify_memberships
-- A pool's memberships in order: whether the talent is there, and whether the talent had another in the pool that
-- ended while this one held.
SELECT
    m.ended_version, m.talent_id, m.began_version, m.add_time, t.talent_id IS NOT NULL,
    EXISTS (
        SELECT 1
        FROM memberships AS o
        WHERE
            o.tenant_id = :tenant_id AND o.talent_id = m.talent_id AND o.ended_version > m.began_version
            AND (m.ended_version = 0 OR o.ended_version < m.ended_version) AND o.pool_id = m.pool_id
    )
FROM memberships AS m
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = m.talent_id
WHERE
    m.tenant_id = :tenant_id AND m.pool_id = :pool_id
    AND (m.ended_version, m.talent_id) > (:ended_version, :talent_id)
ORDER BY m.ended_version, m.talent_id
LIMIT :page_size;

-- name: verify_talents
SELECT t.talent_id, p.profile, x.words, x.exact
FROM talents AS t
LEFT JOIN talent_profiles AS p ON p.tenant_id = :tenant_id AND p.talent_id = t.talent_id
LEFT JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = t.talent_id
WHERE t.tenant_id = :tenant_id AND t.talent_id > :after
ORDER BY t.talent_id
LIMIT :page_size;

-- name: verify_identities
SELECT talent_id, kind, value
FROM talent_identities
WHERE tenant_id = :tenant_id AND talent_id > :after AND talent_id <= :last
ORDER BY talent_id, kind, value;

-- name: verify_profiles_alone
-- Profiles in a range of ids that are no talent's.
SELECT p.talent_id
FROM talent_profiles AS p
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = p.talent_id
WHERE p.tenant_id = :tenant_id AND p.talent_id > :after AND p.talent_id <= :last AND t.talent_id IS NULL
ORDER BY p.talent_id;

-- name: verify_texts_alone
SELECT x.talent_id
FROM search_texts AS x
LEFT JOIN talents AS t ON t.tenant_id = :tenant_id AND t.talent_id = x.talent_id
WHERE x.tenant_id = :tenant_id AND x.talent_id > :after AND x.talent_id <= :last AND t.talent_id IS NULL
ORDER BY x.talent_id;

-- name: verify_words_missing [sqlite]
-- Of rows [word, talent id]: whose word is not there.
SELECT DISTINCT j.value ->> 1
FROM json_each(:words) AS j
WHERE NOT EXISTS (
    SELECT 1
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = j.value ->> 0 AND w.talent_id = j.value ->> 1
)
ORDER BY 1;

-- name: verify_words_missing [postgresql]
SELECT DISTINCT (j.value ->> 1)::bigint
FROM jsonb_array_elements(:words::jsonb) AS j (value)
WHERE NOT EXISTS (
    SELECT 1
    FROM search_words AS w
    WHERE w.tenant_id = :tenant_id AND w.word = j.value ->> 0 AND w.talent_id = (j.value ->> 1)::bigint
)
ORDER BY 1;

-- name: verify_words
-- Every word that somebody is found by, with what they are to be found by; null for nobody.
SELECT w.word, w.talent_id, x.words, x.exact
FROM search_words AS w
LEFT JOIN search_texts AS x ON x.tenant_id = :tenant_id AND x.talent_id = w.talent_id
WHERE w.tenant_id = :tenant_id AND (w.word, w.talent_id) > (:word, :talent_id)
ORDER BY w.word, w.talent_id
LIMIT :page_size;

-- name: verify_suffixes_missing [sqlite]
-- Of rows [suffix, word]: the words of which one is not there.
SELECT DISTINCT j.value ->> 1
FROM json_each(:suffixes) AS j
WHERE NOT EXISTS (
    SELECT 1
    FROM search_suffixes AS s
    WHERE s.tenant_id = :tenant_id AND s.suffix = j.value ->> 0 AND s.word = j.value ->> 1
)
ORDER BY 1;

-- name: verify_suffixes_missing [postgresql]
SELECT DISTINCT (j.value ->> 1) COLLATE "C"
FROM jsonb_array_elements(:suffixes::jsonb) AS j (value)
WHERE NOT EXISTS (
    SELECT 1
    FROM search_suffixes AS s
    WHERE s.tenant_id = :tenant_id AND s.suffix = j.value ->> 0 AND s.word = j.value ->> 1
)
ORDER BY 1;

-- name: verify_suffixes
-- Every suffix, and whether somebody has its word.
SELECT
    s.suffix, s.word,
    (
        SELECT w.talent_id FROM search_words AS w
        WHERE w.tenant_id = :tenant_id AND w.word = s.word
        ORDER BY w.talent_id
        LIMIT 1
    ) IS NOT NULL
FROM search_suffixes AS s
WHERE s.tenant_id = :tenant_id AND (s.suffix, s.word) > (:suffix, :word)
ORDER BY s.suffix, s.word
LIMIT :page_size;
