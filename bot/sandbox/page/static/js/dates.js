// Slack's date formats, in the reader's time zone.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

const DAY = 86_400_000;

const PATTERNS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

function days(moment) {
  const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(new Date()) - day(moment)) / DAY);
}

function one(name, moment) {
  if (name === "ago") return ago(moment);
  const near = { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days(moment)];
  if (name.endsWith("_pretty") && near) return near;
  const pattern = PATTERNS[name.replace("_pretty", "")];
  return pattern ? new Intl.DateTimeFormat(undefined, pattern).format(moment) : `{${name}}`;
}

function ago(moment) {
  const minutes = Math.round((moment - Date.now()) / 60_000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  return Math.abs(minutes) < 60 ? words.format(minutes, "minute") : words.format(Math.round(minutes / 60), "hour");
}

/** Fills a pattern like "{date_short_pretty} at {time}"; `seconds` since the epoch. */
export function slackDate(seconds, pattern) {
  const moment = new Date(seconds * 1000);
  const filled = pattern.replace(/\{(\w+)\}/g, (_, name) => one(name, moment));
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

export function clockOf(ts) {
  return one("time", new Date(Number(ts) * 1000));
}

export function dayOf(ts) {
  const name = one("date_long_pretty", new Date(Number(ts) * 1000));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
