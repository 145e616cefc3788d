// Builds elements. Text always becomes text nodes, so nothing that anybody typed is parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-8-6 16-3-6.5z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  reply: "M5 5h14v10H10l-5 4z",
  eye: "M2 12s4-6 10-6 10 6 10 6-4 6-10 6-10-6-10-6zM12 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
  lock: "M7 11V8a5 5 0 0110 0v3M6 11h12v9H6z",
  hash: "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
  bolt: "M13 3L5 14h6l-1 7 9-12h-6z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.01",
  back: "M15 5l-7 7 7 7",
};

/** Creates an element with props (on… listeners, attributes, class, dataset) and children. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

/** Makes `nodes` the children of `parent`. Nodes that stay are not moved, so they keep the focus. */
export function setChildren(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/**
 * Returns a function that renders [key, version, draw()] items to nodes. It redraws an item only if
 * its version has changed, because a redraw loses the focus and a click in progress.
 */
export function keyedRenderer() {
  let kept = new Map();
  return (items) => {
    const entries = items.map(([key, version, draw]) => {
      const old = kept.get(key);
      return [key, old?.version === version ? old : { version, node: draw() }];
    });
    kept = new Map(entries);
    return [...kept.values()].map(({ node }) => node);
  };
}

let ids = 0;

export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}
