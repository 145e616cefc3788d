// The composer: messages, slash commands with their usage, and global shortcuts.

import { act } from "./api.js";
import { h, icon } from "./dom.js";
import { menuButton } from "./menu.js";
import { commandsLike, splitCommand } from "./commands.js";
import { Suggestions } from "./suggestions.js";
import { channelLabel, emit, state } from "./store.js";

const LONGEST = 4000;

export class Composer {
  #drafts = new Map();
  #place = { channel: "", thread: "" };

  constructor({ id, onsend, inThread = false }) {
    Object.assign(this, { onsend, inThread });
    this.text = h("textarea", {
      id: `${id}-text`,
      rows: "1",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#press(event),
      onblur: () => this.suggestions.close(),
    });
    this.label = h("label", { class: "hidden", for: `${id}-text` });
    this.suggestions = new Suggestions(this.text, `${id}-commands`, (command) => this.#complete(command));
    const send = () => this.#send();
    this.element = h(
      "div",
      { class: "composer" },
      this.suggestions.element,
      this.label,
      this.text,
      h(
        "div",
        { class: "composer-bar" },
        !inThread && this.#shortcuts(),
        h("span", { class: "quiet" }, inThread ? "" : "Type / for commands"),
        h("button", { type: "button", class: "send", "aria-label": "Send", onclick: send }, icon("send")),
      ),
    );
  }

  /** Each conversation and each thread has its own draft. */
  moveTo(channel, thread = "") {
    const label = thread ? "Reply…" : `Message ${channelLabel(channel)}`;
    this.label.textContent = label;
    this.text.placeholder = label;
    const before = this.#key();
    this.#place = { channel: channel.id, thread };
    if (before === this.#key()) return;
    this.#drafts.set(before, this.text.value);
    this.text.value = this.#drafts.get(this.#key()) ?? "";
    this.#grow();
  }

  focus() {
    this.text.focus();
  }

  #key() {
    return `${this.#place.channel} ${this.#place.thread}`;
  }

  #shortcuts() {
    const items = () =>
      state.app.shortcuts
        .filter((shortcut) => shortcut.type === "global")
        .map(({ name, callback_id, description }) => ({
          label: name,
          note: description,
          run: () => act({ do: "global_shortcut", callback_id, slack_channel_id: this.#place.channel }),
        }));
    return menuButton({ class: "ghost", "aria-label": "Shortcuts", title: "Shortcuts" }, icon("plus"), items);
  }

  #typed() {
    this.#grow();
    this.suggestions.show(this.inThread ? [] : commandsLike(this.text.value));
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 180)}px`;
  }

  #complete(command) {
    this.text.value = `${command} `;
    this.text.focus();
    this.#typed();
  }

  #press(event) {
    if (event.isComposing || this.suggestions.press(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#send();
  }

  async #send() {
    const typed = this.text.value.trim();
    const { channel, thread } = this.#place;
    if (!typed || !channel) return;
    if (typed.length > LONGEST) {
      emit("notice", `A message has at most ${LONGEST} characters. This one has ${typed.length}.`);
      return;
    }
    const action = typed.startsWith("/") ? this.#command(typed, channel) : say(typed, channel, thread);
    if (!action) return;
    this.text.value = "";
    this.#typed();
    this.text.focus();
    this.onsend();
    if (!(await act(action)) && !this.text.value) this.text.value = typed;
  }

  #command(typed, channel) {
    if (this.inThread) {
      emit("notice", `${typed.split(/\s/)[0]} is not supported in threads. Sorry!`);
      return null;
    }
    const action = splitCommand(typed, channel);
    if (!action) emit("notice", `${typed.split(/\s/)[0]} is not a valid command.`);
    return action;
  }
}

function say(text, slack_channel_id, thread_ts) {
  return { do: "say", text, slack_channel_id, thread_ts };
}
