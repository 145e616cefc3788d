ALTER TABLE submissions ADD COLUMN reason_code TEXT;
