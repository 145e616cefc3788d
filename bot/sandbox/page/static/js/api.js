// What this person does, sent to the server; what comes of it arrives by the stream.

import { changed, state } from "./store.js";

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.problem ?? response.statusText);
  return answer;
}

/** Resolves to {trouble, errors, options, seconds}; to undefined when the sandbox itself failed. */
export async function act(action) {
  try {
    return await post(`/api/as/${encodeURIComponent(state.me)}`, action);
  } catch (error) {
    changed("notice", error.message);
    return undefined;
  }
}

/** What somebody does in Weav itself. */
export async function actInWeav(action) {
  try {
    await post("/api/weav", action);
    return true;
  } catch (error) {
    changed("notice", error.message);
    return false;
  }
}

export async function setSwitches(change) {
  try {
    await post("/api/switches", { ...state.switches, ...change });
  } catch (error) {
    changed("notice", error.message);
    changed("switches");
  }
}
