-- Who opened their home tab, and what it lists.

-- name: open_home_tab(slack_user_id, team_id, enterprise_id)
-- Without its content, the tab is published whatever it showed before, and later if that fails now.
INSERT INTO home_tabs (slack_user_id, team_id, enterprise_id, opened_at, content, hash)
VALUES (:slack_user_id, :team_id, :enterprise_id, ledger_clock(), '', '')
ON CONFLICT (slack_user_id) DO UPDATE SET
  team_id = excluded.team_id, enterprise_id = excluded.enterprise_id,
  opened_at = excluded.opened_at, content = ''
RETURNING slack_user_id;

-- name: home_tab(slack_user_id)
-- Anybody can claim to be any Weav user: only the first who did counts.
SELECT tab.slack_user_id, tab.team_id, tab.enterprise_id, tab.content, tab.hash, who.weav_user_id
FROM home_tabs AS tab LEFT JOIN weav_users AS who ON who.slack_user_id = tab.slack_user_id
  AND NOT EXISTS (
    SELECT 1 FROM weav_users AS other
    WHERE other.weav_user_id = who.weav_user_id AND other.told_at < who.told_at)
WHERE tab.slack_user_id = :slack_user_id;

-- name: opened_lately(within, whose)
-- `whose`: IDs of Slack or Weav users, each between commas; empty for everybody.
SELECT tab.slack_user_id
FROM home_tabs AS tab LEFT JOIN weav_users AS who ON who.slack_user_id = tab.slack_user_id
WHERE tab.opened_at > ledger_clock() - :within AND (:whose = ''
  OR :whose LIKE '%,' || tab.slack_user_id || ',%' OR :whose LIKE '%,' || who.weav_user_id || ',%');

-- name: note_home_tab(slack_user_id, content, hash, over)
-- If another hash was recorded meanwhile, it is unknown which of the two Slack shows.
UPDATE home_tabs SET content = CASE WHEN hash = :over THEN :content ELSE '' END, hash = :hash
WHERE slack_user_id = :slack_user_id
RETURNING slack_user_id;

-- name: forget_home_tabs(keep, limit)
DELETE FROM home_tabs WHERE slack_user_id IN (
  SELECT slack_user_id FROM home_tabs WHERE opened_at < ledger_clock() - :keep LIMIT :limit)
RETURNING slack_user_id;

-- name: waiting(team_id, slack_user_id, limit)
-- An unconfirmed submission always waits. Of the others, one that was sent again no longer does: a
-- later one came from the same view, from the form that was given back, or has its fingerprint.
SELECT *, ledger_clock() AS read_at FROM submissions AS waiting
WHERE team_id = :team_id AND slack_user_id = :slack_user_id AND form IS NOT NULL
  AND state IN ('refused', 'expired', 'unconfirmed')
  AND (state = 'unconfirmed' OR NOT EXISTS (
    SELECT 1 FROM submissions AS later
    WHERE later.team_id = waiting.team_id AND later.slack_user_id = waiting.slack_user_id
      AND later.id > waiting.id
      AND (later.view_id = waiting.view_id OR later.instead_of = waiting.id
        OR later.fingerprint = waiting.fingerprint)))
ORDER BY id DESC LIMIT :limit;

-- name: open_conversations(team_id, slack_user_id, assignee, limit)
-- JSON escapes the quotes in a text, so that no text can pass for a status.
SELECT *, ledger_clock() AS read_at FROM submissions
WHERE ((team_id = :team_id AND slack_user_id = :slack_user_id) OR assignee = :assignee)
  AND state IN ('opened', 'announced') AND conversation LIKE '%"status":"open"%'
ORDER BY id DESC LIMIT :limit;
