-- The gas that a request reserved of its sponsor's quota; what it used replaces it at its end.
ALTER TABLE request ADD COLUMN gas_reserved BIGINT NOT NULL DEFAULT 0;
-- A key's own limit; without one, that of the policy.
ALTER TABLE api_key ADD COLUMN gas_per_day BIGINT;
