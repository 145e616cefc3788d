// On narrow screens, a bar at the bottom selects the pane to show.

import { h, replace } from "./dom.js";
import { on, showPane } from "./store.js";

const PANES = { channels: "Channels", messages: "Messages", weav: "Weav" };

export function setUpPanes() {
  const bar = document.getElementById("panes");
  const draw = () =>
    replace(
      bar,
      Object.entries(PANES).map(([pane, name]) => {
        const current = document.body.dataset.pane === pane;
        return h("button", { type: "button", "aria-current": current ? "true" : undefined, onclick: () => showPane(pane) }, name);
      }),
    );
  on("pane", draw);
  draw();
}
