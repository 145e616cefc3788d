// Keyboard focus: Tab stays in an open dialog, F6 switches between Slack and Weav.

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

/**
 * Returns a function that restores the focus after items with `data-key` were redrawn: to the same
 * control of the same item.
 */
export function rememberFocus(list) {
  const stopsOf = (item) => [...item.querySelectorAll(STOPS)];
  const old = list.contains(document.activeElement) && document.activeElement.closest("[data-key]");
  if (!old) return () => {};
  const [focused, at] = [document.activeElement, stopsOf(old).indexOf(document.activeElement)];
  return () => {
    const drawn = list.querySelector(`[data-key="${CSS.escape(old.dataset.key)}"]`);
    if (drawn && document.activeElement !== focused) stopsOf(drawn)[at]?.focus({ preventScroll: true });
  };
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
  if (modal) return stopsIn(modal)[0];
  const composer = document.getElementById("composer-text");
  return isThere(composer) ? composer : stopsIn(document.getElementById("slack"))[0];
}

function isThere(element) {
  return element?.isConnected && !element.closest("[inert]") && element.getClientRects().length;
}

function stopsIn(part) {
  return [...part.querySelectorAll(STOPS)].filter(
    (each) => !each.disabled && each.tabIndex >= 0 && each.getClientRects().length,
  );
}
