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
export async function act(doing) {
  try {
    return await post(`/api/as/${encodeURIComponent(state.me)}`, doing);
  } catch (error) {
    changed("notice", error.message);
    return undefined;
  }
}

/** What somebody does in Weav itself. */
export async function actInWeav(doing) {
  try {
    await post("/api/weav", doing);
    return true;
  } catch (error) {
    changed("notice", error.message);
    return false;
  }
}

export async function turn(change) {
  try {
    await post("/api/switches", { ...state.switches, ...change });
  } catch (error) {
    changed("notice", error.message);
    changed("switches");
  }
}
