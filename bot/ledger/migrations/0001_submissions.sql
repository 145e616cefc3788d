CREATE TABLE submissions (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  team_id TEXT NOT NULL,
  slack_user_id TEXT NOT NULL,
  view_id TEXT NOT NULL,
  request TEXT,
  form TEXT,
  fingerprint TEXT,
  state TEXT NOT NULL CHECK (state IN (
    'received', 'sending', 'opened', 'announced',
    'refused', 'queued', 'unconfirmed', 'expired', 'left')),
  reason TEXT,
  attempts INTEGER NOT NULL,
  doubtful INTEGER NOT NULL DEFAULT 0,
  patient INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  fence INTEGER NOT NULL,
  due_at DOUBLE PRECISION,
  sent_at DOUBLE PRECISION,
  conversation_id TEXT,
  conversation TEXT,
  recovered INTEGER NOT NULL DEFAULT 0,
  route TEXT,
  slack_channel_id TEXT,
  message_ts TEXT,
  told INTEGER NOT NULL DEFAULT 0,
  created_at DOUBLE PRECISION NOT NULL,
  received_at DOUBLE PRECISION NOT NULL,
  finished_at DOUBLE PRECISION,
  CHECK ((due_at IS NULL) = (finished_at IS NOT NULL)),
  CHECK (due_at IS NOT NULL
    OR state = 'announced' OR state = 'left'
    OR (told = 1 AND state IN ('refused', 'unconfirmed', 'expired'))),
  CHECK ((state IN ('opened', 'announced')) = (conversation_id IS NOT NULL))
);

CREATE INDEX submissions_due ON submissions (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX submissions_author ON submissions (team_id, slack_user_id, id);

CREATE INDEX submissions_fingerprint ON submissions (fingerprint) WHERE fingerprint IS NOT NULL;

CREATE INDEX submissions_conversation ON submissions (conversation_id)
  WHERE conversation_id IS NOT NULL;

CREATE UNIQUE INDEX submissions_recovered ON submissions (conversation_id) WHERE recovered = 1;

CREATE INDEX submissions_personal ON submissions (finished_at) WHERE request IS NOT NULL;
