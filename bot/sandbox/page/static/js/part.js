// A section of Weav's half: a heading with a count, and a list. A redraw keeps the focus, and which
// items are open.

import { h, keyedRenderer, setChildren } from "./dom.js";
import { rememberFocus } from "./focus.js";

export function part(title, id) {
  const count = h("span", { class: "count" }, "0");
  const list = h("ol", { id, class: "cards" });
  const heading = h("h3", { id: `${id}-title` }, title, " ", count);
  const element = h("section", { class: "part", "aria-labelledby": heading.id }, heading, list);
  const render = keyedRenderer();
  const show = (items, nothing) => {
    count.textContent = String(items.length);
    // A redraw, for example when an answer arrives, would close the items that the user has opened.
    const opened = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    const refocus = rememberFocus(list);
    setChildren(list, items.length ? render(items) : [h("li", { class: "quiet" }, nothing)]);
    for (const each of list.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
    refocus();
  };
  return { element, show };
}
