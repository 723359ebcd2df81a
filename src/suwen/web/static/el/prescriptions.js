// @ts-check
/** The pharmacists' queue by keys: J and K move. */
import { isForPage, PRESCRIPTIONS } from "./page-keys.js";
import { tabStorage } from "./storage.js";

class Prescriptions extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    const addresses = this.links().map((link) => link.getAttribute("href"));
    tabStorage.setItem(PRESCRIPTIONS, JSON.stringify(addresses));
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

customElements.define("sw-prescriptions", Prescriptions);
