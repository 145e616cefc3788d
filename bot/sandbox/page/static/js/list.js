// A list of messages that keeps what is drawn, and with it the focus, as long as nothing changed.

import { dayOf } from "./dates.js";
import { h, settle } from "./dom.js";
import { drawMessage, repliesTo } from "./message.js";

const CLOSE_SECONDS = 300;
const BOTTOM_PIXELS = 80;

export class MessageList {
  #drawn = new Map();

  constructor(label, { inThread = false } = {}) {
    this.inThread = inThread;
    this.element = h("div", { class: "messages", role: "log", "aria-label": label, tabindex: "0" });
    this.atEnd = true;
    this.element.addEventListener("scroll", () => (this.atEnd = this.#isAtEnd()));
    new ResizeObserver(() => this.atEnd && this.#goToEnd()).observe(this.element);
  }

  show(messages, { toEnd = false } = {}) {
    const { element } = this;
    const nodes = [];
    const kept = new Map();
    let before = null;
    for (const message of messages) {
      if (!this.inThread && (!before || dayOf(before.ts) !== dayOf(message.ts))) nodes.push(this.#day(message, kept));
      nodes.push(this.#node(message, before, kept));
      before = message;
    }
    this.#drawn = kept;
    settle(element, nodes);
    if (toEnd || this.atEnd) this.#goToEnd();
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < BOTTOM_PIXELS;
  }

  #goToEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
  }

  #day(message, kept) {
    return this.#keep(`day ${dayOf(message.ts)}`, "", kept, () =>
      h("p", { class: "day" }, h("span", {}, dayOf(message.ts))),
    );
  }

  #node(message, before, kept) {
    const replies = this.inThread ? [] : repliesTo(message).map((reply) => reply.ts);
    const follows = before && followsOn(before, message);
    const version = JSON.stringify([message, replies, follows]);
    const draw = () => drawMessage(message, { follows, inThread: this.inThread });
    return this.#keep(message.ts, version, kept, draw);
  }

  #keep(key, version, kept, draw) {
    const old = this.#drawn.get(key);
    const entry = old?.version === version ? old : { version, node: draw() };
    kept.set(key, entry);
    return entry.node;
  }
}

function followsOn(before, message) {
  const near = Number(message.ts) - Number(before.ts) < CLOSE_SECONDS;
  const plain = !before.only_for && !message.only_for && dayOf(before.ts) === dayOf(message.ts);
  return near && plain && before.user === message.user && !message.blocks.some(({ type }) => type === "actions");
}
