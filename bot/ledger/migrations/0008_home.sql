ALTER TABLE submissions ADD COLUMN assignee TEXT;

ALTER TABLE submissions ADD COLUMN instead_of BIGINT;

CREATE INDEX submissions_assignee ON submissions (assignee) WHERE assignee IS NOT NULL;

CREATE TABLE home_tabs (
  slack_user_id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL,
  enterprise_id TEXT NOT NULL,
  opened_at DOUBLE PRECISION NOT NULL,
  content TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE INDEX home_tabs_opened ON home_tabs (opened_at);

CREATE INDEX weav_users_in_weav ON weav_users (weav_user_id, told_at);
