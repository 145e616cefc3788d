// rich_text blocks: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { channelNode, dateNode, linkNode, userNode } from "./mrkdwn.js";

const STYLES = { code: "code", bold: "strong", italic: "em", strike: "s" };

const LEAVES = {
  text: (leaf) => document.createTextNode(leaf.text),
  link: (leaf) => linkNode(leaf.url, leaf.text),
  user: (leaf) => userNode(leaf.user_id),
  channel: (leaf) => channelNode(leaf.channel_id),
  emoji: (leaf) => emojiNode(leaf.name),
  broadcast: (leaf) => h("span", { class: "mention me" }, `@${leaf.range}`),
  date: (leaf) => dateNode(leaf.timestamp, leaf.format, leaf.url, leaf.fallback ?? ""),
};

function leafNode(leaf) {
  const drawn = LEAVES[leaf.type]?.(leaf) ?? h("code", {}, JSON.stringify(leaf));
  return Object.entries(STYLES).reduce(
    (node, [style, tag]) => (leaf.style?.[style] ? h(tag, {}, node) : node),
    drawn,
  );
}

function sectionNode(section) {
  const leaves = (section.elements ?? []).map((each) =>
    each.type.startsWith("rich_text_") ? sectionNode(each) : leafNode(each),
  );
  switch (section.type) {
    case "rich_text_list":
      return h(section.style === "ordered" ? "ol" : "ul", {}, leaves.map((leaf) => h("li", {}, leaf)));
    case "rich_text_quote":
      return h("blockquote", {}, leaves);
    case "rich_text_preformatted":
      return h("pre", {}, leaves);
    default:
      return h("p", {}, leaves);
  }
}

export function richText(block) {
  return h("div", { class: "rich" }, block.elements.map(sectionNode));
}
