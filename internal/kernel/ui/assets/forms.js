// Forms that change something: asked once more where it cannot be taken
// back, sent once.

import { make, say, word } from "./live.js";

const release = 8000; // a form whose answer is a file stays on the page

function ask(question, button) {
  return new Promise((resolve) => {
    let answer = false;
    const no = make("button", { type: "button", className: "btn alt", textContent: word("back") });
    const yes = make("button", { type: "button", className: "btn alt danger", textContent: button.textContent.trim() });
    const text = make("p", { id: "ask-text", textContent: question });
    const box = make("dialog", { className: "ask" }, text, make("p", { className: "row" }, no, yes));
    box.setAttribute("aria-labelledby", text.id);
    no.addEventListener("click", () => box.close());
    yes.addEventListener("click", () => {
      answer = true;
      box.close();
    });
    box.addEventListener("close", () => {
      box.remove();
      button.focus();
      resolve(answer);
    });
    document.body.append(box);
    box.showModal();
    no.focus();
  });
}

function free(form) {
  delete form.dataset.sent;
  delete form.dataset.sure;
  form.removeAttribute("aria-busy");
}

async function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  const button = event.submitter;
  const question = button?.dataset.confirm;
  if (question && !form.dataset.sure) {
    event.preventDefault();
    if (await ask(question, button)) {
      form.dataset.sure = "1";
      form.requestSubmit(button);
    }
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    say(word("sending"));
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
  say(word("sending"));
  setTimeout(() => free(form), release);
}

export function start() {
  document.addEventListener("submit", onSubmit);
  addEventListener("pageshow", (event) => {
    // The browser shows the page again as it was left: half sent.
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
  });
  document.querySelector(".errsum")?.focus();
  say(document.querySelector(".toast > span")?.textContent);
}
