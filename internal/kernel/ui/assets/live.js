// What the scripts share: the words the server put on the page, the place
// where they speak to reading programs, and storage that may be refused.

const box = document.getElementById("live");

/** The text of that name, with {time} and the like filled in. */
export function word(name, values = {}) {
  const text = box?.dataset[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}

/** Says a text to reading programs, also when it is the same as before. */
export function say(text) {
  if (!box || !text) return;
  box.textContent = "";
  setTimeout(() => { box.textContent = text; }, 50);
}

/** Makes an element; its texts are set as text, never read as markup. */
export function make(tag, props = {}, ...inside) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...inside);
  return node;
}

const prefix = "ayni ";

export const store = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(prefix + key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(prefix + key, JSON.stringify(value));
      return true;
    } catch {
      return false; // full, or refused by the browser
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(prefix + key);
    } catch { /* refused by the browser: nothing was kept either */ }
  },
  keys(start) {
    try {
      return Object.keys(localStorage).filter((k) => k.startsWith(prefix + start)).map((k) => k.slice(prefix.length));
    } catch {
      return [];
    }
  },
};
