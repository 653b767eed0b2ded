// Long work: reads how far it is and writes the numbers. The page itself is
// never reloaded, so that a reader keeps the place.

import { say, word } from "./live.js";

const every = 2000;

async function follow(part) {
  const bar = part.querySelector("progress");
  const text = part.querySelector("[data-live-text]");
  for (;;) {
    await new Promise((done) => setTimeout(done, every));
    if (document.hidden) continue;
    let state;
    try {
      const answer = await fetch(part.dataset.live, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) return;
      state = await answer.json();
    } catch {
      continue; // the network comes back, or the reader looks again
    }
    if (state.total > 0) {
      bar.max = state.total;
      bar.value = state.done;
    }
    if (state.text) text.textContent = state.text;
    if (state.state !== "queued" && state.state !== "running") {
      text.textContent = word("ended");
      say(word("ended"));
      return;
    }
  }
}

export function start() {
  document.querySelectorAll("[data-live]").forEach(follow);
}
