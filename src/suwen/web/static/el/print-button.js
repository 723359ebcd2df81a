// @ts-check
/** A button that prints the page. */
class PrintButton extends HTMLElement {
  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => window.print());
  }
}

customElements.define("sw-print-button", PrintButton);
