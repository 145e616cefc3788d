-- SQLite and PostgreSQL run the same text; see load_queries for /*postgresql.
-- A statement that records an outcome may be repeated if nobody knows whether the first one was
-- written. start_sending must not be: a POST follows it. A statement that only reads begins with SELECT,
-- by which SQLite's reader is chosen.

-- name: receive(key, team_id, slack_user_id, view_id, request, form, fingerprint, source, instead_of, receipt, state, attempts, owner, lease)
-- One row a key. After `refused` or `expired`, the same form is a new attempt in the same row.
INSERT INTO submissions (
  key, team_id, slack_user_id, view_id, request, form, fingerprint, source, instead_of, receipt, state, attempts,
  owner, fence, sent_at, due_at, created_at, received_at)
VALUES (
  :key, :team_id, :slack_user_id, :view_id, :request, :form, :fingerprint, :source, :instead_of, :receipt, :state, :attempts,
  :owner, 1, CASE WHEN :state = 'sending' THEN ledger_clock() END,
  ledger_clock() + :lease, ledger_clock(), ledger_clock())
ON CONFLICT (key) DO UPDATE SET
  request = excluded.request, form = excluded.form, fingerprint = excluded.fingerprint,
  receipt = excluded.receipt, state = excluded.state, reason = NULL, reason_code = NULL, attempts = submissions.attempts + excluded.attempts,
  patient = 0, owner = excluded.owner, fence = submissions.fence + 1,
  sent_at = COALESCE(excluded.sent_at, submissions.sent_at), due_at = excluded.due_at, told = 0,
  received_at = excluded.received_at, finished_at = NULL, tried_for = 0
WHERE submissions.state IN ('refused', 'expired')
RETURNING *, ledger_clock() AS read_at;

-- name: start_sending(id, fence, owner, lease)
UPDATE submissions SET
  state = 'sending', reason = NULL, reason_code = NULL, attempts = attempts + 1,
  sent_at = ledger_clock(), due_at = ledger_clock() + :lease, tried_for = 0
WHERE id = :id AND fence = :fence AND owner = :owner AND state IN ('received', 'queued')
RETURNING *, ledger_clock() AS read_at;

-- name: name_customer(id, fence, owner, lease, request, fingerprint)
-- The customer exists now, and the POST of the conversation follows.
UPDATE submissions SET
  request = :request, fingerprint = :fingerprint, sent_at = ledger_clock(),
  due_at = ledger_clock() + :lease, tried_for = 0
WHERE id = :id AND fence = :fence AND owner = :owner AND state = 'sending'
RETURNING *, ledger_clock() AS read_at;

-- name: opened(id, attempts, owner, lease, conversation_id, conversation, assignee)
-- The attempt guards this one, not the lease: an answer that comes late is still true.
UPDATE submissions SET
  state = 'opened', reason = NULL, reason_code = NULL, conversation_id = :conversation_id, conversation = :conversation,
  assignee = :assignee, owner = :owner, fence = fence + 1, due_at = ledger_clock() + :lease, told = 0, finished_at = NULL,
  tried_for = 0
WHERE id = :id AND attempts = :attempts AND (state IN ('sending', 'unconfirmed')
  OR (state = 'opened' AND owner = :owner AND conversation_id = :conversation_id))
RETURNING *, ledger_clock() AS read_at;

-- name: claim(id, fence, owner, lease, conversation_id, conversation, assignee)
UPDATE submissions SET
  state = 'opened', reason = NULL, reason_code = NULL, conversation_id = :conversation_id, conversation = :conversation,
  assignee = :assignee, recovered = 1, due_at = ledger_clock() + :lease, told = 0, finished_at = NULL, tried_for = 0
WHERE id = :id AND fence = :fence AND owner = :owner AND (state IN ('sending', 'unconfirmed')
    OR (state = 'opened' AND conversation_id = :conversation_id))
  AND NOT EXISTS (
    SELECT 1 FROM submissions AS other
    WHERE other.conversation_id = :conversation_id AND other.id <> :id)
RETURNING *, ledger_clock() AS read_at;

-- name: announced(id, fence, owner, route, slack_channel_id, message_ts, card)
UPDATE submissions SET
  state = 'announced', route = :route, slack_channel_id = :slack_channel_id,
  message_ts = :message_ts, card = :card, owner = NULL, due_at = NULL, told = 1, finished_at = ledger_clock()
WHERE id = :id AND fence = :fence AND owner = :owner AND state = 'opened'
RETURNING *, ledger_clock() AS read_at;

-- name: ended(id, fence, owner, lease, state, reason, reason_code)
UPDATE submissions SET
  state = :state, reason = :reason, reason_code = :reason_code, due_at = ledger_clock() + :lease, told = 0, tried_for = 0
WHERE id = :id AND fence = :fence AND owner = :owner
  AND state IN ('received', 'sending', 'queued', :state)
RETURNING *, ledger_clock() AS read_at;

-- name: queued(id, fence, owner, delay, reason, reason_code, patient)
UPDATE submissions SET
  state = 'queued', reason = :reason, reason_code = :reason_code, patient = :patient, owner = NULL,
  due_at = ledger_clock() + :delay
WHERE id = :id AND fence = :fence AND state IN ('received', 'sending', 'queued')
  AND (owner = :owner OR (owner IS NULL AND state = 'queued'))
RETURNING *, ledger_clock() AS read_at;

-- name: unconfirmed(id, fence, owner, lease, reason)
-- Also a row that was not sent in this attempt, if an earlier POST is doubtful.
UPDATE submissions SET
  state = 'unconfirmed', reason = :reason, reason_code = NULL, due_at = ledger_clock() + :lease, told = 0, tried_for = 0
WHERE id = :id AND fence = :fence AND owner = :owner AND (state IN ('sending', 'unconfirmed')
  OR (state IN ('received', 'queued') AND doubtful = 1))
RETURNING *, ledger_clock() AS read_at;

-- name: told(id, fence, owner)
UPDATE submissions SET owner = NULL, due_at = NULL, told = 1, finished_at = ledger_clock()
WHERE id = :id AND fence = :fence AND owner = :owner
  AND state IN ('refused', 'unconfirmed', 'expired')
RETURNING *, ledger_clock() AS read_at;

-- name: later(id, fence, owner, delay, route, counted, reason)
UPDATE submissions SET
  owner = NULL, due_at = ledger_clock() + :delay, route = COALESCE(:route, route),
  reason = COALESCE(:reason, reason), tried_for = tried_for + :counted
WHERE id = :id AND fence = :fence AND owner = :owner AND due_at IS NOT NULL
RETURNING *, ledger_clock() AS read_at;

-- name: again(id, slack_user_id, owner, lease)
-- doubtful: the unconfirmed attempt may still have made a conversation.
UPDATE submissions SET
  state = 'received', reason = NULL, reason_code = NULL, doubtful = 1, patient = 0,
  owner = :owner, fence = fence + 1, due_at = ledger_clock() + :lease, told = 0,
  received_at = ledger_clock(), finished_at = NULL, tried_for = 0
WHERE id = :id AND slack_user_id = :slack_user_id AND state = 'unconfirmed' AND request IS NOT NULL
RETURNING *, ledger_clock() AS read_at;

-- name: look(id, slack_user_id, owner, lease)
UPDATE submissions SET
  owner = :owner, fence = fence + 1, due_at = ledger_clock() + :lease, told = 0, finished_at = NULL,
  tried_for = 0
WHERE id = :id AND slack_user_id = :slack_user_id AND state = 'unconfirmed' AND request IS NOT NULL
  AND (due_at IS NULL OR owner IS NULL OR due_at < ledger_clock())
RETURNING *, ledger_clock() AS read_at;

-- name: leave(id, slack_user_id)
UPDATE submissions SET
  state = 'left', owner = NULL, fence = fence + 1, due_at = NULL, told = 1,
  finished_at = ledger_clock()
WHERE id = :id AND slack_user_id = :slack_user_id AND state = 'unconfirmed'
RETURNING *, ledger_clock() AS read_at;

-- name: take(owner, lease, limit)
WITH due AS (
  SELECT id FROM submissions WHERE due_at < ledger_clock()
  ORDER BY due_at LIMIT :limit /*postgresql FOR UPDATE SKIP LOCKED */)
UPDATE submissions SET
  owner = :owner, fence = fence + 1, due_at = ledger_clock() + :lease, receipt = NULL
WHERE id IN (SELECT id FROM due) AND due_at < ledger_clock()
RETURNING *, ledger_clock() AS read_at;

-- name: hold(id, fence, owner, lease)
UPDATE submissions SET due_at = ledger_clock() + :lease
WHERE id = :id AND fence = :fence AND owner = :owner AND due_at IS NOT NULL
RETURNING *, ledger_clock() AS read_at;

-- name: take_over(owner, locked)
UPDATE submissions SET owner = NULL, due_at = ledger_clock()
WHERE due_at IS NOT NULL AND owner <> :owner AND owner LIKE '%' || :locked
RETURNING id;

-- name: renew(ids, owner, lease)
UPDATE submissions SET due_at = ledger_clock() + :lease
WHERE due_at IS NOT NULL AND owner = :owner AND :ids LIKE '%,' || CAST(id AS TEXT) || ',%'
RETURNING id;

-- name: release(owner)
UPDATE submissions SET owner = NULL, due_at = ledger_clock()
WHERE due_at IS NOT NULL AND owner = :owner
RETURNING id;

-- name: hurry(spread)
-- Spreads neighbouring ids over the interval, so that the rows do not all retry in the same second.
WITH waiting AS (
  SELECT id, ledger_clock() + CAST(:spread AS DOUBLE PRECISION) * (id * 61 % 100) / 100 AS sooner
  FROM submissions
  WHERE due_at IS NOT NULL AND state = 'queued' AND owner IS NULL AND patient = 0
  /*postgresql FOR UPDATE SKIP LOCKED */)
UPDATE submissions SET due_at = sooner FROM waiting
WHERE waiting.id = submissions.id AND sooner < due_at
RETURNING submissions.id;

-- name: get(id)
SELECT *, ledger_clock() AS read_at FROM submissions WHERE id = :id;

-- name: by_key(key)
SELECT *, ledger_clock() AS read_at FROM submissions WHERE key = :key;

-- name: latest(team_id, slack_user_id, limit)
SELECT *, ledger_clock() AS read_at FROM submissions
WHERE team_id = :team_id AND slack_user_id = :slack_user_id
ORDER BY id DESC LIMIT :limit;

-- name: by_source(source)
SELECT *, ledger_clock() AS read_at FROM submissions
WHERE source = :source AND state NOT IN ('refused', 'expired')
ORDER BY CASE WHEN conversation_id IS NULL THEN 1 ELSE 0 END, id DESC LIMIT 1;

-- name: rivals(id, fingerprint, since)
SELECT *, ledger_clock() AS read_at FROM submissions
WHERE fingerprint = :fingerprint AND id <> :id AND COALESCE(sent_at, created_at) >= :since
  AND (doubtful = 1 OR state IN ('sending', 'unconfirmed', 'left'))
ORDER BY id;

-- name: claimed(id, conversation_id)
SELECT id FROM submissions WHERE conversation_id = :conversation_id AND id <> :id LIMIT 1;

-- name: by_conversation(conversation_id)
SELECT *, ledger_clock() AS read_at FROM submissions
WHERE conversation_id = :conversation_id ORDER BY id LIMIT 1;

-- name: saw_conversation(conversation_id, conversation, assignee)
-- A conversation that was removed after LEDGER_KEEP_DAYS stays removed.
UPDATE submissions SET conversation = :conversation, assignee = :assignee
WHERE conversation_id = :conversation_id AND conversation IS NOT NULL
RETURNING *, ledger_clock() AS read_at;

-- name: take_turn(conversation_id, owner, lease)
INSERT INTO cards (conversation_id, owner, held_until, changes)
VALUES (:conversation_id, :owner, ledger_clock() + :lease, '[]')
ON CONFLICT (conversation_id) DO UPDATE SET
  owner = excluded.owner, held_until = excluded.held_until
WHERE cards.owner IS NULL OR cards.held_until < ledger_clock()
RETURNING changes, shown, ledger_clock() AS read_at;

-- name: keep_turn(conversation_id, owner, lease)
UPDATE cards SET held_until = ledger_clock() + :lease
WHERE conversation_id = :conversation_id AND owner = :owner RETURNING conversation_id;

-- name: note_changes(conversation_id, owner, changes, shown)
UPDATE cards SET changes = :changes, shown = :shown
WHERE conversation_id = :conversation_id AND owner = :owner RETURNING conversation_id;

-- name: end_turn(conversation_id, owner, shown)
UPDATE cards SET owner = NULL, shown = :shown
WHERE conversation_id = :conversation_id AND owner = :owner RETURNING conversation_id;

-- name: forget_cards(keep, limit)
-- The lock of a card that is held expires in the future, so it is never removed.
DELETE FROM cards WHERE conversation_id IN (
  SELECT conversation_id FROM cards WHERE held_until < ledger_clock() - :keep LIMIT :limit)
  AND held_until < ledger_clock() - :keep
RETURNING conversation_id;

-- name: backlog()
SELECT state, COUNT(*) AS entries, ledger_clock() - MIN(received_at) AS oldest
FROM submissions WHERE due_at IS NOT NULL GROUP BY state;

-- name: forget(keep, limit)
WITH old AS (
  SELECT id FROM submissions
  WHERE finished_at < ledger_clock() - :keep AND request IS NOT NULL
  LIMIT :limit /*postgresql FOR UPDATE SKIP LOCKED */)
UPDATE submissions SET
  request = NULL, form = NULL, fingerprint = NULL, conversation = NULL, assignee = NULL,
  reason = NULL
WHERE id IN (SELECT id FROM old) AND finished_at IS NOT NULL
RETURNING id;

-- name: write()
UPDATE ledger_version SET version = version RETURNING version;
