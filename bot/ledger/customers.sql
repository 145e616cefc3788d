-- Known customers and their uses, new customers, people's Weav users, Slack channels' defaults.

-- name: used_customers(first, second, third, fourth, channel, author, limit)
-- Those used in this channel, then those used by this author; the most recent first.
SELECT known.id, known.name, known.email,
  MAX(CASE WHEN uses.scope = :channel THEN uses.used_at END) AS in_channel,
  MAX(CASE WHEN uses.scope = :author THEN uses.used_at END) AS by_author
FROM customer_uses AS uses JOIN known_customers AS known ON known.id = uses.customer_id
WHERE uses.scope IN (:channel, :author)
  AND known.search LIKE :first ESCAPE '!' AND known.search LIKE :second ESCAPE '!'
  AND known.search LIKE :third ESCAPE '!' AND known.search LIKE :fourth ESCAPE '!'
GROUP BY known.id, known.name, known.email
ORDER BY
  CASE WHEN MAX(CASE WHEN uses.scope = :channel THEN 1 END) = 1 THEN 0 ELSE 1 END,
  MAX(CASE WHEN uses.scope = :channel THEN uses.used_at END) DESC, MAX(uses.used_at) DESC
LIMIT :limit;

-- name: matching_customers(first, second, third, fourth, start, limit)
-- A match at the beginning of a word comes before one inside a word.
SELECT id, name, email, NULL AS in_channel, NULL AS by_author FROM known_customers
WHERE search LIKE :first ESCAPE '!' AND search LIKE :second ESCAPE '!'
  AND search LIKE :third ESCAPE '!' AND search LIKE :fourth ESCAPE '!'
ORDER BY CASE WHEN search LIKE :start ESCAPE '!' THEN 0 ELSE 1 END, seen_at DESC, id LIMIT :limit;

-- name: matching_customers_by_one(first, start, limit)
-- matching_customers for a single word, as in nearly every query.
SELECT id, name, email, NULL AS in_channel, NULL AS by_author FROM known_customers
WHERE search LIKE :first ESCAPE '!'
ORDER BY CASE WHEN search LIKE :start ESCAPE '!' THEN 0 ELSE 1 END, seen_at DESC, id LIMIT :limit;

-- name: recent_customers(limit)
SELECT id, name, email, NULL AS in_channel, NULL AS by_author FROM known_customers
ORDER BY seen_at DESC, id LIMIT :limit;

-- name: customer_by_id(id, channel, author)
SELECT known.id, known.name, known.email, in_channel.used_at AS in_channel, by_author.used_at AS by_author
FROM known_customers AS known
LEFT JOIN customer_uses AS in_channel
  ON in_channel.customer_id = known.id AND in_channel.scope = :channel
LEFT JOIN customer_uses AS by_author
  ON by_author.customer_id = known.id AND by_author.scope = :author
WHERE known.id = :id;

-- name: customer_by_email(email_key)
SELECT id, name, email, NULL AS in_channel, NULL AS by_author
FROM known_customers WHERE email_key = :email_key ORDER BY seen_at DESC LIMIT 1;

-- name: learn_customer(id, name, email, email_key, search)
INSERT INTO known_customers (id, name, email, email_key, search, seen_at)
VALUES (:id, :name, :email, :email_key, :search, ledger_clock())
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name, email = excluded.email, email_key = excluded.email_key,
  search = excluded.search, seen_at = excluded.seen_at
RETURNING id;

-- name: meet_customer(id, search)
-- Only the ID is known here, so a name and an address that are there already must stay.
INSERT INTO known_customers (id, name, email, email_key, search, seen_at)
VALUES (:id, '', '', '', :search, ledger_clock())
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
RETURNING id;

-- name: use_customer(customer_id, channel, author)
INSERT INTO customer_uses (scope, customer_id, used_at)
VALUES (:channel, :customer_id, ledger_clock()), (:author, :customer_id, ledger_clock())
ON CONFLICT (scope, customer_id) DO UPDATE SET used_at = excluded.used_at
RETURNING scope;

-- name: begin_customer(email_key, entry_id, attempt, slack_user_id, asked_at)
-- A POST that was never confirmed is sent again only for the person who was told so and then asked
-- again.
INSERT INTO new_customers (email_key, state, entry_id, attempt, slack_user_id, changed_at)
VALUES (:email_key, 'sending', :entry_id, :attempt, :slack_user_id, ledger_clock())
ON CONFLICT (email_key) DO UPDATE SET
  state = 'sending', entry_id = excluded.entry_id, attempt = excluded.attempt,
  changed_at = excluded.changed_at
WHERE new_customers.state = 'unconfirmed' AND new_customers.slack_user_id = excluded.slack_user_id
  AND new_customers.changed_at < :asked_at
RETURNING email_key;

-- name: new_customer(email_key)
SELECT *, ledger_clock() AS read_at FROM new_customers WHERE email_key = :email_key;

-- name: customer_created(email_key, entry_id, attempt, customer_id)
UPDATE new_customers SET
  state = 'created', customer_id = :customer_id, changed_at = ledger_clock()
WHERE email_key = :email_key AND entry_id = :entry_id AND attempt = :attempt
RETURNING email_key;

-- name: customer_unconfirmed(email_key, slack_user_id)
UPDATE new_customers SET
  state = 'unconfirmed', slack_user_id = :slack_user_id, changed_at = ledger_clock()
WHERE email_key = :email_key AND state <> 'created'
RETURNING email_key;

-- name: customer_not_created(email_key, entry_id, attempt)
DELETE FROM new_customers
WHERE email_key = :email_key AND entry_id = :entry_id AND attempt = :attempt AND state <> 'created'
RETURNING email_key;

-- name: withdraw_customer(email_key, entry_id, attempt, since, fence, owner)
-- A dead process may have begun the same attempt, and have sent the POST: such a row is older than
-- the takeover (:since), and stays.
DELETE FROM new_customers
WHERE email_key = :email_key AND entry_id = :entry_id AND attempt = :attempt AND state = 'sending'
  AND changed_at >= :since AND EXISTS (
    SELECT 1 FROM submissions WHERE id = :entry_id AND fence = :fence AND owner = :owner)
RETURNING email_key;

-- name: tell_weav_user(slack_user_id, weav_user_id, name, search)
INSERT INTO weav_users (slack_user_id, weav_user_id, name, search, told_at)
VALUES (:slack_user_id, :weav_user_id, :name, :search, ledger_clock())
ON CONFLICT (slack_user_id) DO UPDATE SET
  weav_user_id = excluded.weav_user_id, name = excluded.name, search = excluded.search,
  told_at = CASE WHEN weav_users.weav_user_id = excluded.weav_user_id THEN weav_users.told_at
    ELSE excluded.told_at END
RETURNING slack_user_id;

-- name: weav_users(slack_user_id, first, limit)
SELECT slack_user_id, weav_user_id, name FROM weav_users
WHERE search LIKE :first ESCAPE '!'
ORDER BY CASE WHEN slack_user_id = :slack_user_id THEN 0 ELSE 1 END, name LIMIT :limit;

-- name: weav_user(slack_user_id)
SELECT slack_user_id, weav_user_id, name FROM weav_users WHERE slack_user_id = :slack_user_id;

-- name: weav_user_by_id(weav_user_id)
SELECT slack_user_id, weav_user_id, name FROM weav_users WHERE weav_user_id = :weav_user_id
ORDER BY told_at LIMIT 1;

-- name: choose_defaults(slack_channel_id, chosen, slack_user_id)
INSERT INTO channel_defaults (slack_channel_id, chosen, slack_user_id, chosen_at)
VALUES (:slack_channel_id, :chosen, :slack_user_id, ledger_clock())
ON CONFLICT (slack_channel_id) DO UPDATE SET
  chosen = excluded.chosen, slack_user_id = excluded.slack_user_id, chosen_at = excluded.chosen_at
RETURNING slack_channel_id;

-- name: channel_defaults(slack_channel_id)
SELECT chosen, slack_user_id, chosen_at FROM channel_defaults
WHERE slack_channel_id = :slack_channel_id;

-- name: all_defaults()
SELECT slack_channel_id, chosen FROM channel_defaults;

-- name: forget_customers(keep, limit)
DELETE FROM known_customers WHERE id IN (
  SELECT id FROM known_customers WHERE seen_at < ledger_clock() - :keep LIMIT :limit)
RETURNING id;

-- name: forget_uses(keep, limit)
DELETE FROM customer_uses WHERE (scope, customer_id) IN (
  SELECT scope, customer_id FROM customer_uses WHERE used_at < ledger_clock() - :keep LIMIT :limit)
RETURNING scope;

-- name: forget_new_customers(keep, limit)
DELETE FROM new_customers WHERE email_key IN (
  SELECT email_key FROM new_customers WHERE changed_at < ledger_clock() - :keep LIMIT :limit)
RETURNING email_key;
