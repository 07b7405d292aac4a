-- One row for each accepted request, by the digest that its account signed.
CREATE TABLE request (
    id TEXT PRIMARY KEY,
    contract TEXT NOT NULL,
    account TEXT NOT NULL,
    nonce BIGINT NOT NULL,
    deadline_unix_s BIGINT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    by_contract INTEGER NOT NULL,
    sponsor TEXT NOT NULL,
    state TEXT NOT NULL,
    tx_hash TEXT,
    block_number BIGINT,
    gas_used BIGINT,
    error TEXT,
    accepted_unix_s BIGINT NOT NULL,
    place BIGINT NOT NULL
);
-- One live request for each contract, account and nonce.
CREATE UNIQUE INDEX live_request ON request (contract, account, nonce)
    WHERE state IN ('accepted', 'sent', 'mined');
CREATE INDEX waiting_request ON request (state, place);
CREATE INDEX request_of_account ON request (account, place);
CREATE INDEX request_of_transaction ON request (tx_hash);

-- The journal: number and signed bytes of every transaction, committed before it is sent.
CREATE TABLE entry (
    chain_id TEXT NOT NULL,
    genesis_hash TEXT NOT NULL,
    account TEXT NOT NULL,
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    PRIMARY KEY (chain_id, genesis_hash, account, number)
);
CREATE TABLE attempt (
    chain_id TEXT NOT NULL,
    tx_hash TEXT NOT NULL,
    genesis_hash TEXT NOT NULL,
    account TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (chain_id, tx_hash)
);

-- What sponsors have used up, for each day. `name` says of what.
CREATE TABLE quota (
    name TEXT NOT NULL,
    day BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

CREATE TABLE api_key (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    requests_per_day BIGINT NOT NULL,
    revoked INTEGER NOT NULL
);

-- What happened to requests, in order, for those who follow along.
CREATE TABLE event (
    place BIGINT PRIMARY KEY,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    at_unix_s BIGINT NOT NULL
);

-- Counters and switches: `last_request`, `last_event`, `paused`.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO setting (name, number) VALUES ('last_request', 0), ('last_event', 0), ('paused', 0);
