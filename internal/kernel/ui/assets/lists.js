// Lists and folds: j and k move between the rows of the list that has the
// focus (and do nothing elsewhere); the device remembers which folds are open.

import { store } from "./live.js";

const reach = "a[href], button, input[type=checkbox], summary";

function onKey(event) {
  if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  if (!at || at.matches("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
  const list = at.closest("[data-keys]");
  if (!list) return;
  const rows = [...list.querySelectorAll(":scope > li, :scope > tbody > tr")].filter((r) => r.querySelector(reach));
  const here = rows.findIndex((r) => r.contains(at));
  const next = rows[here + (event.key === "j" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  (next.querySelector("a[href]") ?? next.querySelector(reach)).focus();
}

function remember(fold) {
  const key = `open ${fold.id}`;
  const usual = fold.open;
  const kept = store.get(key);
  if (kept !== null) fold.open = kept;
  fold.addEventListener("toggle", () => {
    if (fold.open === usual) store.drop(key);
    else store.set(key, fold.open);
  });
}

export function start() {
  document.addEventListener("keydown", onKey);
  document.querySelectorAll("details[data-keep][id]").forEach(remember);
}
