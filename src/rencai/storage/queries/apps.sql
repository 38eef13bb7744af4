-- Apps and tenants: the tables that lead to a tenant, so their statements don't filter by one.

-- name: tenant_by_name
SELECT tenant_id, tenant_key FROM tenants WHERE name = :name;

-- name: tenant_newest
SELECT tenant_id FROM tenants ORDER BY tenant_id DESC LIMIT 1;

-- name: tenant_insert
INSERT INTO tenants (tenant_id, tenant_key, name, page_key, create_time)
VALUES (:tenant_id, :tenant_key, :name, :page_key, :time);

-- name: app_insert
INSERT INTO apps (app_id, tenant_id, name, secret_hash, scopes, rate_limits, create_time)
VALUES (:app_id, :tenant_id, :name, :secret_hash, :scopes, :rate_limits, :time);

-- name: apps_all
SELECT a.app_id, t.name, t.tenant_key, a.name, a.scopes, a.rate_limits, a.is_disabled, a.create_time
FROM apps AS a
JOIN tenants AS t ON t.tenant_id = a.tenant_id
ORDER BY a.create_time, a.app_id;

-- name: app_by_id
SELECT app_id, secret_hash, is_disabled FROM apps WHERE app_id = :app_id;

-- name: app_lock [postgresql]
SELECT app_id FROM apps
WHERE app_id = :app_id
FOR NO KEY UPDATE;

-- name: app_disable
UPDATE apps SET is_disabled = 1 WHERE app_id = :app_id;

-- name: app_set_secret
UPDATE apps SET secret_hash = :secret_hash WHERE app_id = :app_id;

-- name: tokens_delete_of_app
DELETE FROM tokens WHERE app_id = :app_id;

-- name: token_newest
-- The token of the highest generation; an app has a handful at most.
SELECT generation, nonce, expire_time FROM tokens
WHERE app_id = :app_id
ORDER BY generation DESC
LIMIT 1;

-- name: tokens_delete_expired
DELETE FROM tokens WHERE app_id = :app_id AND expire_time <= :time;

-- name: token_insert
-- Whoever comes second with a generation does nothing, and reads the first one's.
INSERT INTO tokens (token_hash, app_id, generation, nonce, expire_time)
VALUES (:token_hash, :app_id, :generation, :nonce, :expire_time)
ON CONFLICT DO NOTHING;

-- name: caller_by_token
SELECT a.tenant_id, a.app_id, a.scopes, a.rate_limits, n.page_key, n.tenant_key, t.expire_time
FROM tokens AS t
JOIN apps AS a ON a.app_id = t.app_id
JOIN tenants AS n ON n.tenant_id = a.tenant_id
WHERE t.token_hash = :token_hash AND a.is_disabled = 0;

-- name: schema_version
SELECT version FROM schema_version;
