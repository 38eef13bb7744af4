-- Who does what only one process may do. Leases belong to no tenant.

-- name: lease_take
-- A row where the lease is ours now: it was free, over, or ours before.
INSERT INTO leases (name, holder, expire_time)
VALUES (:name, :holder, :expire_time)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expire_time = excluded.expire_time
WHERE leases.holder = excluded.holder OR leases.expire_time <= :time
RETURNING expire_time;

-- name: lease_hold
-- Keep it. A row where it is still ours.
UPDATE leases SET expire_time = :expire_time
WHERE name = :name AND holder = :holder
RETURNING expire_time;
