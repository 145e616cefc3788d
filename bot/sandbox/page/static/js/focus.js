// Where the keyboard is: Tab stays in an open dialog, F6 changes between Slack and Weav.

export const STOPS = "button, input, textarea, select, a[href], [tabindex='0'], summary";

export function trapFocus(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const stops = stopsIn(dialog);
    const [first, last] = [stops[0], stops.at(-1)];
    const at = document.activeElement;
    const leaving = event.shiftKey ? at === first || !stops.includes(at) : at === last;
    if (!leaving || !first) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  });
}

export function changeHalvesWithF6(showPane) {
  const weav = document.getElementById("weav");
  let lastInSlack = null;
  document.addEventListener("focusout", (event) => {
    if (!event.target.closest("#weav")) lastInSlack = event.target;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const toSlack = weav.contains(document.activeElement);
    showPane(toSlack ? "messages" : "weav");
    if (toSlack) (isThere(lastInSlack) ? lastInSlack : slackStart()).focus();
    else stopsIn(weav)[0].focus();
  });
}

function slackStart() {
  const modal = document.querySelector("#modal[open]");
  return modal ? stopsIn(modal)[0] : document.getElementById("composer-text");
}

function isThere(element) {
  return element?.isConnected && !element.closest("[inert]") && element.getClientRects().length;
}

function stopsIn(part) {
  return [...part.querySelectorAll(STOPS)].filter(
    (each) => !each.disabled && each.tabIndex >= 0 && each.getClientRects().length,
  );
}
