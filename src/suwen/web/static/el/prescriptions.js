// @ts-check
/** The pharmacists' queue by keys: J and K move, A accepts, Q asks, R rejects, U takes back. */
import { isField, STORED } from "./site.js";
import { browserStorage, tabStorage } from "./storage.js";

const LIST = `${STORED}prescriptions`;

/**
 * Whether a key is meant for the page: no field has it, no dialog is open, letters are not off.
 * @param {KeyboardEvent} event
 */
function isForPage(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (isField(event.target) || document.querySelector("dialog[open]")) return false;
  return browserStorage.getItem("suwen-letters-off") !== "1";
}

class Prescriptions extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    const addresses = this.links().map((link) => link.getAttribute("href"));
    tabStorage.setItem(LIST, JSON.stringify(addresses));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  links() {
    return [...this.querySelectorAll("a.sw-row-link")];
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (!step || !isForPage(event)) return;
    const links = this.links();
    const row = document.activeElement?.closest("tr");
    const at = links.findIndex((link) => row?.contains(link));
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }
}

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
    const list = JSON.parse(tabStorage.getItem(LIST) ?? "[]");
    const at = list.indexOf(location.pathname);
    const next = at < 0 ? undefined : list[at + step];
    if (next) {
      event.preventDefault();
      location.assign(next);
    }
  }
}

customElements.define("sw-prescriptions", Prescriptions);
customElements.define("sw-prescription", Prescription);
