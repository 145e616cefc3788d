ALTER TABLE submissions ADD COLUMN receipt TEXT;
