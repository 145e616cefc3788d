// The emoji codes that the bot uses, and a few that people type. Unknown codes stay text.

const CODES = {
  bust_in_silhouette: "👤",
  email: "✉️",
  envelope: "✉️",
  eyes: "👀",
  grey_question: "❔",
  heavy_check_mark: "✔️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  information_source: "ℹ️",
  large_blue_circle: "🔵",
  large_green_circle: "🟢",
  large_orange_circle: "🟠",
  large_yellow_circle: "🟡",
  link: "🔗",
  lock: "🔒",
  no_entry: "⛔",
  pencil2: "✏️",
  red_circle: "🔴",
  robot_face: "🤖",
  smile: "😄",
  speech_balloon: "💬",
  tada: "🎉",
  thinking_face: "🤔",
  "+1": "👍",
  "-1": "👎",
  warning: "⚠️",
  wave: "👋",
  white_check_mark: "✅",
  white_circle: "⚪",
  x: "❌",
  zap: "⚡",
};

export const EMOJI = /:([a-z0-9_+'-]+):/;

export function emojiNode(code) {
  if (!Object.hasOwn(CODES, code)) return document.createTextNode(`:${code}:`);
  const span = document.createElement("span");
  span.className = "emoji";
  span.setAttribute("role", "img");
  span.setAttribute("aria-label", code.replaceAll("_", " "));
  span.textContent = CODES[code];
  return span;
}

/** For places that only allow text, such as a select. */
export function emojiText(text) {
  return text.replace(new RegExp(EMOJI, "g"), (whole, code) => (Object.hasOwn(CODES, code) ? CODES[code] : whole));
}

/** Plain text with emoji for its codes. */
export function withEmoji(text) {
  const parts = text.split(new RegExp(EMOJI, "g"));
  return parts.map((part, index) => (index % 2 ? emojiNode(part) : document.createTextNode(part)));
}
