ALTER TABLE submissions ADD COLUMN source TEXT;

CREATE INDEX submissions_source ON submissions (source, id) WHERE source IS NOT NULL;

CREATE TABLE known_customers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  search TEXT NOT NULL,
  seen_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX known_customers_email ON known_customers (email_key);

CREATE INDEX known_customers_seen ON known_customers (seen_at);

CREATE TABLE customer_uses (
  scope TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  used_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (scope, customer_id)
);

CREATE INDEX customer_uses_old ON customer_uses (used_at);

CREATE TABLE new_customers (
  email_key TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('sending', 'created', 'unconfirmed')),
  entry_id BIGINT NOT NULL,
  attempt INTEGER NOT NULL,
  slack_user_id TEXT NOT NULL,
  customer_id TEXT,
  changed_at DOUBLE PRECISION NOT NULL,
  CHECK ((state = 'created') = (customer_id IS NOT NULL))
);

CREATE TABLE weav_users (
  slack_user_id TEXT PRIMARY KEY,
  weav_user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL,
  told_at DOUBLE PRECISION NOT NULL
);

CREATE TABLE channel_defaults (
  slack_channel_id TEXT PRIMARY KEY,
  chosen TEXT NOT NULL,
  slack_user_id TEXT NOT NULL,
  chosen_at DOUBLE PRECISION NOT NULL
);
