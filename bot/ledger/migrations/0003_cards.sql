CREATE TABLE cards (
  conversation_id TEXT PRIMARY KEY,
  owner TEXT,
  held_until DOUBLE PRECISION NOT NULL,
  changes TEXT NOT NULL
);
