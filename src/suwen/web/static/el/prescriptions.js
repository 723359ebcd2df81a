// @ts-check
/** The pharmacists' queue by keys: J and K move. */
import { moveInRows, PRESCRIPTIONS, stepOf } from "./page-keys.js";
import { tabStorage } from "./storage.js";

class Prescriptions extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    const links = [...this.querySelectorAll("a.sw-row-link")];
    const addresses = links.map((link) => link.getAttribute("href"));
    tabStorage.setItem(PRESCRIPTIONS, JSON.stringify(addresses));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    const step = stepOf(event);
    if (step) moveInRows(this, event, step);
  }
}

customElements.define("sw-prescriptions", Prescriptions);
