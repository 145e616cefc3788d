// Slash commands: the app's, and two of Slack's own that a bot depends on.

import { state } from "./store.js";

const OWN = [
  { command: "/invite", usage_hint: "@Weav", description: "Add the bot to this channel", app: "Slack" },
  { command: "/remove", usage_hint: "@Weav", description: "Remove the bot from this channel", app: "Slack" },
];

function all() {
  return [...state.app.commands.map((command) => ({ ...command, app: state.app.name })), ...OWN];
}

/** The commands that start with `text`, or the one that `text` already has words for. */
export function commandsLike(text) {
  if (!text.startsWith("/") || text.includes("\n")) return [];
  const [typed, ...words] = text.split(" ");
  return all().filter(({ command }) => (words.length ? command === typed : command.startsWith(typed)));
}

/** The action for the server; null if the command does not exist. */
export function splitCommand(text, slack_channel_id) {
  const [, command, words] = /^(\S+)\s*([\s\S]*)$/.exec(text);
  const found = all().find((each) => each.command === command);
  if (!found) return null;
  if (found.app === "Slack") return { do: command.slice(1), slack_channel_id };
  return { do: "command", command, text: words, slack_channel_id };
}
