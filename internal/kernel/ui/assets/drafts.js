// Drafts: what is typed in a form with data-draft is kept on the device until
// the form has taken effect. Passwords, files and hidden values are not kept.

import { make, say, store, word } from "./live.js";

const delay = 600;

const who = document.querySelector(".me")?.lastChild?.textContent.trim() ?? "";
const keyOf = (form) => `draft ${who} ${form.dataset.draft}`;
const clock = (ms) => new Date(ms).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

function fields(form) {
  return [...form.elements].filter((f) => f.name && f.matches("input, select, textarea") &&
    !f.matches("[type=hidden], [type=password], [type=file]"));
}

const ticked = (f) => f.type === "checkbox" || f.type === "radio";

function read(form) {
  return fields(form).filter((f) => !ticked(f) || f.checked).map((f) => [f.name, f.value]);
}

function fill(form, values) {
  const left = [...values];
  for (const f of fields(form)) {
    if (ticked(f)) {
      f.checked = values.some(([name, value]) => name === f.name && value === f.value);
      continue;
    }
    const i = left.findIndex(([name]) => name === f.name);
    if (i >= 0) f.value = left.splice(i, 1)[0][1];
  }
}

function watch(form) {
  const key = keyOf(form);
  const kept = store.get(key);
  const note = make("p", { className: "kept small soft" });
  form.prepend(note);

  if (kept && !form.querySelector(".errsum") && JSON.stringify(kept.values) !== JSON.stringify(read(form))) {
    const restore = make("button", { type: "button", className: "btn alt", textContent: word("restore") });
    const drop = make("button", { type: "button", className: "btn alt", textContent: word("drop") });
    note.append(word("found", { time: clock(kept.at) }), " ", restore, " ", drop);
    restore.addEventListener("click", () => {
      fill(form, kept.values);
      note.textContent = word("restored");
      say(word("restored"));
      fields(form)[0]?.focus();
    });
    drop.addEventListener("click", () => {
      store.drop(key);
      note.textContent = word("dropped");
      say(word("dropped"));
      fields(form)[0]?.focus();
    });
  }

  let timer = 0;
  const keep = () => {
    const at = Date.now();
    if (!store.set(key, { at, values: read(form) })) return;
    // While an older draft is on offer its buttons stay.
    if (!note.querySelector("button")) note.textContent = word("kept", { time: clock(at) });
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, delay);
  });
  // Listened to on the document, after the question before a dangerous
  // button: what that stops is not sent.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    clearTimeout(timer);
    store.set(key, { at: Date.now(), values: read(form), sent: true });
  });
}

// A draft that was sent is dropped by the first page that shows it took
// effect: not by an error page, not by going back, not by the form itself
// with something to mend.
function settle() {
  const failed = "failed" in document.body.dataset ||
    performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  const mending = [...document.querySelectorAll("form[data-draft]")].filter((f) => f.querySelector(".errsum")).map(keyOf);
  for (const key of store.keys("draft ")) {
    const draft = store.get(key);
    if (!draft?.sent) continue;
    if (failed || mending.includes(key)) store.set(key, { at: draft.at, values: draft.values });
    else store.drop(key);
  }
}

export function start() {
  settle();
  document.querySelectorAll("form[data-draft]").forEach(watch);
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && "forget" in event.target.dataset) store.keys("draft ").forEach(store.drop);
  });
}
