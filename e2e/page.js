// How a reader finds things on a page: by the words that stand there. The
// tests evaluate this in the page; it is no part of the product.

const norm = (s) => (s ?? "").replace(/\s+/g, " ").trim();

// shown says whether an element takes room on the page: not inside a closed
// fold, not switched off.
const shown = (el) => el.checkVisibility({ visibilityProperty: true });

// without is the text of an element, leaving out parts of it.
const without = (el, parts) => {
  const copy = el.cloneNode(true);
  copy.querySelectorAll(parts).forEach((n) => n.remove());
  return norm(copy.textContent);
};

// called says whether an element has a name, with or without what only
// reading programs say.
const called = (el, name) => norm(el.textContent) === name || without(el, ".vh") === name || norm(el.getAttribute("aria-label")) === name;

const describe = (el) => `<${el.localName}${el.id ? "#" + el.id : ""}${el.className && typeof el.className === "string" ? "." + el.className.trim().replace(/\s+/g, ".") : ""}> ${norm(el.textContent).slice(0, 80)}`;

class Lacking extends Error {}
const lacking = (text) => { throw new Lacking(text); };

// one is the only thing of a name; several are one when they lead to the same place.
const one = (found, what) => {
  if (found.length === 0) lacking(`there is no ${what}`);
  const places = new Set(found.map((el) => el.href ?? el));
  if (places.size > 1) lacking(`there are ${places.size} of: ${what}`);
  return found[0];
};

// Parts of a page.
const fold = (root, name) => {
  const s = one([...root.querySelectorAll("summary")].filter((el) => shown(el) && called(el, name)), `fold “${name}”`);
  return s.parentElement;
};
const section = (root, name) => {
  const h = one([...root.querySelectorAll("h2, h3, legend")].filter((el) => shown(el) && called(el, name)), `section “${name}”`);
  return h.closest("section, article, fieldset, form, .side > *, .pane") ?? h.parentElement;
};
const row = (root, text) => {
  const rows = [...root.querySelectorAll("li, tr, article, dl > div, [id^=claim-], [id^=attestation-]")].filter((el) => shown(el) && norm(el.textContent).includes(text));
  const inner = rows.filter((el) => !rows.some((other) => other !== el && el.contains(other)));
  if (inner.length === 0) lacking(`there is no row with “${text}”`);
  return inner[0];
};
const part = (root, css) => root.querySelector(css) ?? lacking(`nothing matches ${css}`);

// Things that are pressed.
const button = (root, name) => one([...root.querySelectorAll("a[href], button, summary")].filter((el) => shown(el) && called(el, name)), `link or button “${name}”`);
const linkTo = (root, end) => one([...root.querySelectorAll("a[href]")].filter((el) => shown(el) && el.getAttribute("href").endsWith(end)), `link to …${end}`);

// Things that are filled in.
const labelled = (root, name) => {
  const labels = [...root.querySelectorAll("label")].filter((el) => shown(el) && without(el, ".soft") === name);
  return one(labels.map((el) => el.control).filter(Boolean), `field “${name}”`);
};
const choice = (root, question, answer) => {
  const set = one([...root.querySelectorAll("fieldset")].filter((el) => {
    const legend = el.querySelector(":scope > legend");
    return legend && shown(legend) && without(legend, ".soft") === question;
  }), `question “${question}”`);
  return labelled(set, answer);
};
const option = (select, text) => {
  const o = [...select.options].find((el) => norm(el.textContent) === text) ??
    lacking(`no option “${text}” but ${[...select.options].slice(0, 12).map((el) => norm(el.textContent)).join(" | ")}`);
  select.value = o.value;
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
};

// spot is where a reader would press: the middle of the first line of the
// element, which nothing else may cover.
const spot = (el) => {
  el.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  const r = [...el.getClientRects()].find((r) => r.width > 0 && r.height > 0) ?? lacking(`${describe(el)} takes no room`);
  const x = r.left + r.width / 2, y = r.top + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  if (!hit || !(el.contains(hit) || hit.contains(el) || [...(el.labels ?? [])].some((l) => l.contains(hit)))) {
    lacking(`${describe(el)} is covered by ${hit ? describe(hit) : "nothing: it lies outside the page"}`);
  }
  return { x, y };
};
