// Sends what the user does to the server; the effects arrive on the event stream.

import { emit, state } from "./store.js";

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

/** Resolves to {trouble, errors, options, seconds}, or to undefined if the sandbox itself failed. */
export async function act(action) {
  try {
    return await post(`/api/as/${encodeURIComponent(state.me)}`, action);
  } catch (error) {
    emit("notice", error.message);
    return undefined;
  }
}

/** Sends what the user does in Weav itself. Resolves to whether it worked. */
export async function actInWeav(action) {
  try {
    await post("/api/weav", action);
    return true;
  } catch (error) {
    emit("notice", error.message);
    return false;
  }
}

export async function setSwitches(change) {
  try {
    await post("/api/switches", { ...state.switches, ...change });
  } catch (error) {
    emit("notice", error.message);
    emit("switches");
  }
}
