// @ts-check
/** The document viewer: opens at the marked span, and N leads back to it. */
import { isForPage } from "./page-keys.js";

class Viewer extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    if (window.location.hash === "#span") this.goToSpan();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  goToSpan() {
    const span = this.querySelector("#span");
    if (!(span instanceof HTMLElement)) return;
    span.scrollIntoView({ block: "center" });
    span.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    if (event.key === "n" && isForPage(event)) this.goToSpan();
  }
}

customElements.define("sw-viewer", Viewer);
