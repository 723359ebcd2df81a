// @ts-check
/** One prescription by keys: J and K turn, A accepts, Q asks, R rejects, U takes back. */
import { isForPage, PRESCRIPTIONS } from "./page-keys.js";
import { tabStorage } from "./storage.js";

class Prescription extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    this.querySelector('[data-part="print"]')?.addEventListener("click", () => window.print());
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    if (!isForPage(event)) return;
    const act = { a: "accept", q: "query", r: "reject", u: "undo" }[event.key];
    const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (act) this.take(act, event);
    else if (step) this.turn(step, event);
  }

  /**
   * @param {string} act
   * @param {KeyboardEvent} event
   */
  take(act, event) {
    const part = this.querySelector(`[data-part="${act}"]`);
    if (!part) return;
    event.preventDefault();
    if (part instanceof HTMLDetailsElement) {
      part.open = true;
      const first = part.querySelector("select");
      if (first instanceof HTMLElement) first.focus();
    } else if (part instanceof HTMLFormElement) {
      part.requestSubmit();
    }
  }

  /**
   * @param {number} step
   * @param {KeyboardEvent} event
   */
  turn(step, event) {
    /** @type {string[]} */
    const list = JSON.parse(tabStorage.getItem(PRESCRIPTIONS) ?? "[]");
    const at = list.indexOf(location.pathname);
    const next = at < 0 ? undefined : list[at + step];
    if (next) {
      event.preventDefault();
      location.assign(next);
    }
  }
}

customElements.define("sw-prescription", Prescription);
