ALTER TABLE submissions ADD COLUMN card TEXT;

ALTER TABLE cards ADD COLUMN shown TEXT;

CREATE TABLE due (
  conversation_id TEXT NOT NULL,
  look TEXT NOT NULL CHECK (look IN ('card', 'replies', 'refresh')),
  due_at DOUBLE PRECISION,
  owner TEXT,
  marks INTEGER NOT NULL,
  marked_at DOUBLE PRECISION NOT NULL,
  tried_for DOUBLE PRECISION NOT NULL DEFAULT 0,
  missing INTEGER NOT NULL DEFAULT 0,
  is_over INTEGER NOT NULL DEFAULT 0,
  memo TEXT,
  PRIMARY KEY (conversation_id, look)
);

CREATE INDEX due_next ON due (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE moments (
  name TEXT PRIMARY KEY,
  moment DOUBLE PRECISION NOT NULL
);
