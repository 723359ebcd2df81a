// @ts-check
/** The list of rules and one rule: J and K move through them, Enter opens. */
import { isField } from "./site.js";
import { browserStorage } from "./storage.js";

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
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (!step || isField(event.target) || document.querySelector("dialog[open]")) return;
    if (browserStorage.getItem("suwen-letters-off") === "1") return;
    const neighbour = this.querySelector(`a[data-rule="${step === 1 ? "after" : "before"}"]`);
    if (neighbour instanceof HTMLAnchorElement) {
      event.preventDefault();
      neighbour.click();
      return;
    }
    const links = [...this.querySelectorAll("a.sw-row-link")];
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

customElements.define("sw-rule-rows", RuleRows);
