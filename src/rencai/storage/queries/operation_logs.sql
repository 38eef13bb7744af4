-- The log of what was done to talents. Both pages hand out the same columns: what orders them (id, pool, part,
-- operation, talent), then operator, operator's type and time.

-- name: operation_logs_insert [sqlite]
-- Rows of [log id, talent id].
INSERT INTO operation_logs (tenant_id, log_id, talent_id, operation_type, operator_id, operator_type, time)
SELECT :tenant_id, value ->> 0, value ->> 1, :operation_type, :operator_id, :operator_type, :time
FROM json_each(:logs);

-- name: operation_logs_insert [postgresql]
INSERT INTO operation_logs (tenant_id, log_id, talent_id, operation_type, operator_id, operator_type, time)
SELECT
    :tenant_id::bigint, (j.value ->> 0)::bigint, (j.value ->> 1)::bigint, :operation_type::bigint,
    :operator_id::text, :operator_type::bigint, :time::bigint
FROM jsonb_array_elements(:logs::jsonb) AS j (value);

-- name: operation_log_page [sqlite]
-- Walked newest first until the page is full: operators and operations only filter, so a search for what nobody did
-- walks the tenant's whole log.
SELECT log_id, 0, 0, operation_type, talent_id, operator_id, operator_type, time
FROM operation_logs
WHERE
    tenant_id = :tenant_id
    AND log_id < :before
    AND operation_type IN (SELECT value FROM json_each(:operations))
    AND operator_id IN (SELECT value FROM json_each(:operators))
ORDER BY log_id DESC
LIMIT :page_size + 1;

-- name: operation_log_page [postgresql]
SELECT log_id, 0, 0, operation_type, talent_id, operator_id, operator_type, time
FROM operation_logs
WHERE
    tenant_id = :tenant_id
    AND log_id < :before
    AND operation_type = ANY (:operations::bigint[])
    AND operator_id = ANY (:operators::text[])
ORDER BY log_id DESC
LIMIT :page_size + 1;

-- name: operation_log_page_of_memberships [sqlite]
-- Who entered (:entered) and left pools, from the changes that apps made, newest change first. A row for each person
-- of a change; a page may begin inside of one.
SELECT c.change_id, p.pool_id, p.part, o.value, a.value, c.app_id, :operator_type, c.time
FROM changes AS c
CROSS JOIN change_parts AS p ON p.tenant_id = :tenant_id AND p.change_id = c.change_id
CROSS JOIN json_each(:operations) AS o
CROSS JOIN json_each(CASE o.value WHEN :entered THEN p.added ELSE p.removed END) AS a
WHERE
    c.tenant_id = :tenant_id
    AND c.change_id <= :before
    AND c.app_id IN (SELECT value FROM json_each(:operators))
    AND (
        c.change_id < :before
        OR (p.pool_id, p.part, o.value, a.value) > (:pool_id, :part, :operation_type, :talent_id)
    )
ORDER BY c.change_id DESC, p.pool_id, p.part, o.value, a.value
LIMIT :page_size + 1;

-- name: operation_log_page_of_memberships [postgresql]
SELECT c.change_id, p.pool_id, p.part, o.value, a.value::bigint, c.app_id, :operator_type::bigint, c.time
FROM changes AS c
JOIN change_parts AS p ON p.tenant_id = :tenant_id AND p.change_id = c.change_id
CROSS JOIN unnest(:operations::bigint[]) AS o (value)
CROSS JOIN json_array_elements_text(
    (CASE o.value WHEN :entered::bigint THEN p.added ELSE p.removed END)::json
) AS a (value)
WHERE
    c.tenant_id = :tenant_id
    AND c.change_id <= :before
    AND c.app_id = ANY (:operators::text[])
    AND (
        c.change_id < :before
        OR (p.pool_id, p.part, o.value, a.value::bigint)
        > (:pool_id::bigint, :part::bigint, :operation_type::bigint, :talent_id::bigint)
    )
ORDER BY c.change_id DESC, p.pool_id, p.part, o.value, a.value::bigint
LIMIT :page_size + 1;
