// A part of Weav's half: a heading with a count, and a list that keeps what is drawn in it, and with
// it what is opened and focused.

import { h, keeping, settle } from "./dom.js";
import { keepingFocus } from "./focus.js";

export function part(title, id) {
  const count = h("span", { class: "count" }, "0");
  const list = h("ol", { id, class: "cards" });
  const heading = h("h3", { id: `${id}-title` }, title, " ", count);
  const element = h("section", { class: "part", "aria-labelledby": heading.id }, heading, list);
  const keep = keeping();
  const show = (items, nothing) => {
    count.textContent = String(items.length);
    // An answer that arrives would fold together what somebody has opened to read.
    const opened = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    const refocus = keepingFocus(list);
    settle(list, items.length ? keep(items) : [h("li", { class: "quiet" }, nothing)]);
    for (const each of list.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
    refocus();
  };
  return { element, show };
}
