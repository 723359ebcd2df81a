// @ts-check
/** Around every page: shortcuts, dialogs that buttons open, and the session's end. */
import { askSession } from "./sent-forms.js";
import { announce, CHANNEL, forgetDrafts, isField, setCsrfToken, STORED } from "./site.js";
import { browserStorage, tabStorage } from "./storage.js";

const LETTERS_OFF = "suwen-letters-off";
const LAST_USE = "suwen-last-use";
const WARN_BEFORE_MS = 2 * 60 * 1000;

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const named = { Escape: "esc", "？": "?" }[event.key];
  const key = named ?? event.key.toLowerCase();
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  // On some layouts Alt changes the character; the physical key still names the letter.
  const plain = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : key;
  return [...parts, plain].join("+");
}

/** @param {Element} element */
function isUsable(element) {
  if (!(element instanceof HTMLElement) || element.closest("[hidden]")) return false;
  return !(element instanceof HTMLButtonElement && element.disabled);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  // Enter and letters belong to the input method while it composes.
  if (event.isComposing || event.keyCode === 229) return;
  const name = nameOf(event);
  const single = !name.includes("+") && name !== "esc";
  if (single && (isField(event.target) || browserStorage.getItem(LETTERS_OFF) === "1")) return;
  if (name === "esc") closeMenus(null);
  const open = document.querySelector("dialog[open]");
  if (name === "[" || name === "]") {
    if (!open) goToNeighbour(name === "]" ? 1 : -1);
    return;
  }
  for (const element of document.querySelectorAll("[data-hotkey]")) {
    if (element.getAttribute("data-hotkey") !== name || !isUsable(element)) continue;
    if (open && !open.contains(element) && !element.hasAttribute("data-hotkey-always")) continue;
    event.preventDefault();
    if (element instanceof HTMLInputElement || isField(element)) {
      if (element instanceof HTMLElement) element.focus();
    } else if (element instanceof HTMLElement) {
      element.click();
    }
    return;
  }
}

/** Closes the menus of the bar that do not hold what was used. @param {EventTarget | null} used */
function closeMenus(used) {
  for (const menu of document.querySelectorAll("details.sw-menu[open]")) {
    if (!(used instanceof Node && menu.contains(used))) menu.removeAttribute("open");
  }
}

/** Goes to the previous or next patient of the list that was shown last. @param {number} step */
function goToNeighbour(step) {
  const patient = document.querySelector("[data-patient]:not(tr)")?.getAttribute("data-patient");
  /** @type {[string, string][]} */
  const list = JSON.parse(tabStorage.getItem(`${STORED}list`) ?? "[]");
  const at = list.findIndex(([known]) => known === patient);
  const next = at < 0 ? undefined : list[at + step];
  if (next) window.location.assign(next[1]);
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-opens]");
  if (opener instanceof HTMLElement && opener.dataset.opens) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog instanceof HTMLDialogElement && !dialog.open) {
      dialog.showModal();
      dialog.dispatchEvent(new CustomEvent("sw-open"));
    }
  }
}

/** Ends a session that nobody uses, and lets a person sign in again without losing the page. */
class Session extends HTMLElement {
  timer = 0;
  /** @type {BroadcastChannel | undefined} */
  channel;
  idleMs = Number(this.dataset.idleMinutes) * 60 * 1000;
  told = Date.now();

  connectedCallback() {
    this.use();
    for (const kind of ["keydown", "pointerdown"]) {
      document.addEventListener(kind, () => this.use(), { passive: true });
    }
    this.timer = window.setInterval(() => this.check(), 5000);
    document.addEventListener("sw-signed-out", () => this.askAgain());
    this.form("again-form")?.addEventListener("submit", (event) => this.signInAgain(event));
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => {
      if (data.kind === "signed-in") void this.takeOver();
    });
  }

  disconnectedCallback() {
    window.clearInterval(this.timer);
    this.channel?.close();
  }

  /** @param {string} part */
  form(part) {
    const found = this.querySelector(`[data-part="${part}"]`);
    return found instanceof HTMLElement ? found : null;
  }

  /** Somebody is there; a use of any tab counts for all, and the server is told now and then:
   * typing alone sends nothing, and must not let the session run out. */
  use() {
    const now = Date.now();
    browserStorage.setItem(LAST_USE, String(now));
    if (now - this.told < this.idleMs / 4) return;
    this.told = now;
    askSession().then(
      ({ account }) => account || this.askAgain(),
      () => {},
    );
  }

  check() {
    const idle = Date.now() - Number(browserStorage.getItem(LAST_USE));
    const warning = this.form("warning");
    if (idle > this.idleMs) {
      document.dispatchEvent(new CustomEvent("sw-leaving"));
      forgetDrafts();
      window.location.assign(this.dataset.over ?? "/sign-in");
    } else if (idle > this.idleMs - WARN_BEFORE_MS && warning instanceof HTMLDialogElement) {
      if (!warning.open) warning.showModal();
    } else if (warning instanceof HTMLDialogElement && warning.open) {
      warning.close();
    }
  }

  askAgain() {
    const again = this.form("again");
    if (again instanceof HTMLDialogElement && !again.open) again.showModal();
  }

  /** @param {Event} event */
  async signInAgain(event) {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const typed = new FormData(event.target);
    const body = new URLSearchParams({
      account: this.dataset.account ?? "",
      password: String(typed.get("password")),
      code: String(typed.get("code") ?? ""),
    });
    const answer = await fetch("/sign-in", {
      method: "POST",
      headers: { Accept: "application/json" },
      body,
    });
    const data = await answer.json();
    const problem = this.form("problem");
    if (!answer.ok) {
      if (problem) {
        problem.textContent = data.message;
        problem.hidden = false;
      }
      return;
    }
    event.target.reset();
    this.goOn(data.csrf);
  }

  /** Goes on with a session that was begun in another window, when it is the same person's. */
  async takeOver() {
    const again = this.form("again");
    if (!(again instanceof HTMLDialogElement) || !again.open) return;
    const { account, csrf } = await askSession();
    if (account === this.dataset.account) this.goOn(csrf);
  }

  /** @param {string} csrf */
  goOn(csrf) {
    setCsrfToken(csrf);
    this.use();
    const again = this.form("again");
    if (again instanceof HTMLDialogElement) again.close();
    document.dispatchEvent(new CustomEvent("sw-signed-in"));
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("submit", (event) => {
  if (event.target instanceof HTMLElement && event.target.hasAttribute("data-clears-drafts")) {
    forgetDrafts();
  }
});
document.addEventListener("htmx:responseError", (event) => {
  const status = /** @type {CustomEvent} */ (event).detail?.xhr?.status;
  if (status >= 500) announce(String(status));
});
const letters = document.querySelector('[data-part="hotkeys-off"]');
if (letters instanceof HTMLInputElement) {
  letters.checked = browserStorage.getItem(LETTERS_OFF) === "1";
  letters.addEventListener("change", () =>
    browserStorage.setItem(LETTERS_OFF, letters.checked ? "1" : "0"),
  );
}
customElements.define("sw-session", Session);
