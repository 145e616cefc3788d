// A list of messages. It redraws only messages that have changed, so that the others keep the focus.

import { dayOf } from "./dates.js";
import { h, keyedRenderer, setChildren } from "./dom.js";
import { rememberFocus } from "./focus.js";
import { drawMessage, repliesTo } from "./message.js";

const CLOSE_SECONDS = 300;
const BOTTOM_PIXELS = 80;

export class MessageList {
  #render = keyedRenderer();

  constructor(label, { inThread = false } = {}) {
    this.inThread = inThread;
    this.element = h("div", { class: "messages", role: "log", "aria-label": label, tabindex: "0" });
    this.atEnd = true;
    this.element.addEventListener("scroll", () => (this.atEnd = this.#isAtEnd()));
    new ResizeObserver(() => this.atEnd && this.goToEnd()).observe(this.element);
  }

  show(messages, { toEnd = false } = {}) {
    const { element } = this;
    const items = [];
    let before = null;
    for (const message of messages) {
      if (!this.inThread && (!before || dayOf(before.ts) !== dayOf(message.ts))) items.push(day(message));
      items.push(this.#item(message, before));
      before = message;
    }
    const refocus = rememberFocus(element);
    setChildren(element, this.#render(items));
    refocus();
    if (toEnd || this.atEnd) this.goToEnd();
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < BOTTOM_PIXELS;
  }

  goToEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
  }

  #item(message, before) {
    const replies = this.inThread ? [] : repliesTo(message).map((reply) => reply.ts);
    const follows = before && followsOn(before, message);
    const version = JSON.stringify([message, replies, follows]);
    return [message.ts, version, () => drawMessage(message, { follows, inThread: this.inThread })];
  }
}

function day(message) {
  const name = dayOf(message.ts);
  return [`day ${name}`, "", () => h("p", { class: "day" }, h("span", {}, name))];
}

function followsOn(before, message) {
  const near = Number(message.ts) - Number(before.ts) < CLOSE_SECONDS;
  const plain = !before.only_for && !message.only_for && dayOf(before.ts) === dayOf(message.ts);
  return near && plain && before.user === message.user && !message.blocks.some(({ type }) => type === "actions");
}
