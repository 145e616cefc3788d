-- Conversations whose card or messages the bot has to compare with Weav.

-- name: conversations_with_cards(ids)
-- `ids`: UUIDs of 36 characters, each followed by a comma. Conversations that the bot has stopped
-- following (is_over) are left out.
SELECT DISTINCT conversation_id FROM submissions
WHERE conversation_id IN (
  WITH RECURSIVE asked(id, others) AS (
    SELECT substr(CAST(:ids AS TEXT), 1, 36), substr(CAST(:ids AS TEXT), 38)
    UNION ALL
    SELECT substr(others, 1, 36), substr(others, 38) FROM asked WHERE others <> '')
  SELECT id FROM asked)
AND NOT EXISTS (
  SELECT 1 FROM due WHERE due.conversation_id = submissions.conversation_id AND is_over = 1);

-- name: mark_due(conversation_id, look, delay, missing)
-- A look that is due already keeps its time, so the first mark of a burst decides. For a look that
-- is under way, the higher `marks` says that another one has to follow.
INSERT INTO due (conversation_id, look, due_at, marks, marked_at, missing)
VALUES (:conversation_id, :look, ledger_clock() + :delay, 1, ledger_clock(), :missing)
ON CONFLICT (conversation_id, look) DO UPDATE SET
  marks = due.marks + 1,
  marked_at = CASE WHEN due.due_at IS NULL THEN excluded.marked_at ELSE due.marked_at END,
  due_at = CASE
    WHEN due.due_at IS NULL OR (due.owner IS NULL AND excluded.due_at < due.due_at)
    THEN excluded.due_at ELSE due.due_at END,
  missing = CASE WHEN excluded.missing = 1 THEN 1 ELSE due.missing END
WHERE due.is_over = 0
RETURNING conversation_id;

-- name: first_submission(first, within)
-- The ledger never removes submissions; `first` saves reading through the old ones again.
SELECT id FROM submissions WHERE id >= :first AND created_at > ledger_clock() - :within
ORDER BY id LIMIT 1;

-- name: mark_open_conversations(first, within, every)
-- Open means neither closed nor deleted. Only the conversation's own status matches the patterns:
-- JSON escapes the quotes in a text, and no nested status is followed by a priority.
INSERT INTO due (conversation_id, look, due_at, marks, marked_at)
SELECT DISTINCT conversation_id, 'refresh', ledger_clock(), 1, ledger_clock() FROM submissions
WHERE id >= :first AND state = 'announced' AND created_at > ledger_clock() - :within
  AND (conversation IS NULL OR NOT (
    conversation LIKE '%"status":"closed","priority":%'
    OR conversation LIKE '%"status":"deleted","priority":%'))
ON CONFLICT (conversation_id, look) DO UPDATE SET
  due_at = excluded.due_at, marks = due.marks + 1, marked_at = excluded.marked_at
WHERE due.due_at IS NULL AND due.is_over = 0 AND due.marked_at <= ledger_clock() - :every
RETURNING conversation_id;

-- name: take_due(owner, lease, limit, refresh)
WITH overdue AS (
  SELECT conversation_id, look FROM due
  WHERE due_at <= ledger_clock() AND (look = 'refresh') = (CAST(:refresh AS INTEGER) = 1)
  ORDER BY due_at LIMIT :limit /*postgresql FOR UPDATE SKIP LOCKED */)
UPDATE due SET owner = :owner, due_at = ledger_clock() + :lease
WHERE (conversation_id, look) IN (SELECT conversation_id, look FROM overdue)
  AND due_at <= ledger_clock()
RETURNING *, ledger_clock() AS read_at;

-- name: renew_due(owners, lease)
UPDATE due SET due_at = ledger_clock() + :lease
WHERE owner IS NOT NULL AND :owners LIKE '%,' || owner || ',%'
RETURNING conversation_id;

-- name: release_due(owners)
UPDATE due SET owner = NULL, due_at = ledger_clock()
WHERE owner IS NOT NULL AND :owners LIKE '%,' || owner || ',%'
RETURNING conversation_id;

-- name: note_memo(conversation_id, look, owner, memo)
UPDATE due SET memo = :memo
WHERE conversation_id = :conversation_id AND look = :look AND owner = :owner
RETURNING conversation_id;

-- name: looked(conversation_id, look, owner, marks, delay, memo)
-- May be repeated: if the row was marked since, it becomes due again.
UPDATE due SET
  owner = NULL, due_at = CASE WHEN marks = :marks THEN NULL ELSE ledger_clock() + :delay END,
  marked_at = CASE WHEN marks = :marks THEN marked_at ELSE ledger_clock() END,
  missing = CASE WHEN marks = :marks THEN 0 ELSE missing END,
  tried_for = 0, memo = COALESCE(:memo, memo)
WHERE conversation_id = :conversation_id AND look = :look AND owner = :owner
RETURNING conversation_id;

-- name: look_later(conversation_id, look, owner, marks, delay, counted, missing, memo)
UPDATE due SET
  owner = NULL, due_at = ledger_clock() + :delay, tried_for = tried_for + :counted,
  memo = COALESCE(:memo, memo),
  missing = CASE WHEN marks = :marks THEN :missing ELSE missing END
WHERE conversation_id = :conversation_id AND look = :look AND owner = :owner
RETURNING conversation_id;

-- name: end_looks(conversation_id, look, owner)
-- A repetition must not end looks that were resumed since.
UPDATE due SET owner = NULL, due_at = NULL, is_over = 1
WHERE conversation_id = :conversation_id AND EXISTS (
  SELECT 1 FROM due AS held
  WHERE held.conversation_id = :conversation_id AND held.look = :look AND held.owner = :owner)
RETURNING conversation_id;

-- name: resume_looks(conversation_id)
UPDATE due SET
  is_over = 0, due_at = CASE WHEN look = 'card' THEN ledger_clock() ELSE due_at END
WHERE conversation_id = :conversation_id AND is_over = 1
RETURNING conversation_id;

-- name: oldest_due()
SELECT ledger_clock() - MIN(marked_at) AS seconds FROM due
WHERE due_at IS NOT NULL AND look <> 'refresh';

-- name: forget_due(keep, limit)
DELETE FROM due WHERE (conversation_id, look) IN (
  SELECT conversation_id, look FROM due
  WHERE due_at IS NULL AND marked_at < ledger_clock() - :keep LIMIT :limit)
AND due_at IS NULL
RETURNING conversation_id;

-- name: reserve(name, every)
-- The next free slot; all replicas share one sequence of slots a name.
INSERT INTO moments (name, moment) VALUES (:name, ledger_clock() + :every)
ON CONFLICT (name) DO UPDATE SET
  moment = CASE WHEN moments.moment > ledger_clock() THEN moments.moment ELSE ledger_clock() END
    + :every
RETURNING moment - :every - ledger_clock() AS seconds;

-- name: note_moment(name)
INSERT INTO moments (name, moment) VALUES (:name, ledger_clock())
ON CONFLICT (name) DO UPDATE SET moment = excluded.moment
RETURNING moment;
