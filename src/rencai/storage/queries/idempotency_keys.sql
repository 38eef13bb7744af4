-- What calls with an Idempotency-Key answered.

-- name: idempotency_key_find
SELECT body_hash, change_id, etag, reply
FROM idempotency_keys
WHERE
    tenant_id = :tenant_id AND app_id = :app_id AND operation = :operation AND path = :path AND key = :key
    AND expire_time > :time;

-- name: idempotency_key_lock [postgresql]
-- A row that has expired already, so that nobody finds it: a second call with the key, on any server, waits for it.
INSERT INTO idempotency_keys AS k (
    tenant_id, app_id, operation, path, key, body_hash, change_id, etag, reply, expire_time
)
VALUES (:tenant_id, :app_id, :operation, :path, :key, '', 0, '', '', :time)
ON CONFLICT (tenant_id, app_id, operation, path, key) DO UPDATE SET expire_time = k.expire_time;

-- name: idempotency_key_put
INSERT INTO idempotency_keys (
    tenant_id, app_id, operation, path, key, body_hash, change_id, etag, reply, expire_time
)
VALUES (:tenant_id, :app_id, :operation, :path, :key, :body_hash, :change_id, :etag, :reply, :expire_time)
ON CONFLICT (tenant_id, app_id, operation, path, key) DO UPDATE SET
    body_hash = excluded.body_hash, change_id = excluded.change_id, etag = excluded.etag,
    reply = excluded.reply, expire_time = excluded.expire_time;

-- name: idempotency_keys_delete_expired [sqlite]
-- A hundred at a time, so that no call pays for all of them.
DELETE FROM idempotency_keys
WHERE
    tenant_id = :tenant_id
    AND (app_id, operation, path, key) IN (
        SELECT k.app_id, k.operation, k.path, k.key
        FROM idempotency_keys AS k
        WHERE k.tenant_id = :tenant_id AND k.expire_time <= :time
        ORDER BY k.expire_time
        LIMIT 100
    );

-- name: idempotency_keys_delete_expired [postgresql]
-- IS TRUE keeps the hundred from becoming a join, which would begin with all keys of the tenant.
DELETE FROM idempotency_keys AS d
WHERE
    d.tenant_id = :tenant_id
    AND d.expire_time <= :time
    AND (
        (d.app_id, d.operation, d.path, d.key) IN (
            SELECT k.app_id, k.operation, k.path, k.key
            FROM idempotency_keys AS k
            WHERE k.tenant_id = :tenant_id AND k.expire_time <= :time
            ORDER BY k.expire_time
            LIMIT 100
        )
    ) IS TRUE;
