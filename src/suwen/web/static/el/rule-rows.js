// @ts-check
/** The list of rules and one rule: J and K move through them, Enter opens. */
import { moveInRows, stepOf } from "./page-keys.js";

class RuleRows extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    const step = stepOf(event);
    if (!step) return;
    const neighbour = this.querySelector(`a[data-rule="${step === 1 ? "after" : "before"}"]`);
    if (neighbour instanceof HTMLAnchorElement) {
      event.preventDefault();
      neighbour.click();
      return;
    }
    moveInRows(this, event, step);
  }
}

customElements.define("sw-rule-rows", RuleRows);
