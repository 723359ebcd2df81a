// @ts-check
/** Forms that are sent: not twice, and not into a session that has ended while somebody typed. */
import { csrfToken, setCsrfToken } from "./site.js";

/** A form that was sent a moment ago is not sent again by the second click. */
const SENT_AGAIN_MS = 2000;
/** So long a page is sure that its session lives. */
const SURE_MS = 60 * 1000;

/** @type {WeakMap<HTMLFormElement, number>} */
const sent = new WeakMap();
let known = performance.now();

/** @returns {HTMLElement | null} what knows of this page's session; none before the sign-in */
function session() {
  return document.querySelector("sw-session");
}

/** Asks whether the session lives, and whose it is; the asking keeps it alive. */
export async function askSession() {
  const answer = await fetch("/sign-in/session", { headers: { Accept: "application/json" } });
  if (answer.status === 401) return { account: "", csrf: "" };
  if (!answer.ok) throw new Error(String(answer.status));
  known = performance.now();
  return /** @type {{account: string, csrf: string}} */ (await answer.json());
}

/** @param {string} message */
function tell(message) {
  const place = document.getElementById("notice");
  if (!place) return;
  const said = document.createElement("p");
  said.className = "sw-problem";
  said.textContent = message;
  place.replaceChildren(said);
  place.scrollIntoView({ block: "nearest" });
}

/**
 * Sends a form once the session is known to live; what was typed stays until then.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function sendWhenSure(form, button) {
  const about = session();
  const account = about?.dataset.account ?? "";
  const goOn = () => {
    known = performance.now();
    sent.delete(form);
    form.requestSubmit(button);
  };
  try {
    const { account: present, csrf } = await askSession();
    if (present === account) {
      if (csrf !== csrfToken()) setCsrfToken(csrf);
      goOn();
      return;
    }
    if (present) tell((about?.dataset.other ?? "").replace("{account}", present));
    document.addEventListener("sw-signed-in", goOn, { once: true });
    document.dispatchEvent(new CustomEvent("sw-signed-out"));
  } catch {
    tell(about?.dataset.noAnswer ?? "");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
  const now = performance.now();
  if (now - (sent.get(form) ?? -SENT_AGAIN_MS) < SENT_AGAIN_MS) {
    event.preventDefault();
    return;
  }
  sent.set(form, now);
  if (session() === null || now - known < SURE_MS) return;
  event.preventDefault();
  void sendWhenSure(form, /** @type {HTMLElement | null} */ (event.submitter));
});
