// @ts-check
/** The command palette: arrow keys move, Enter goes. */

class Palette extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const input = this.querySelector("input");
    if (!dialog || !input) return;
    dialog.addEventListener("sw-open", () => {
      input.value = "";
      input.focus();
      input.dispatchEvent(new CustomEvent("sw-open"));
    });
    dialog.addEventListener("keydown", (event) => this.onKey(event, input));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLInputElement} input
   */
  onKey(event, input) {
    if (event.isComposing) return;
    const links = [...this.querySelectorAll("a")];
    const at = links.findIndex((link) => link === document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? input : (links[next] ?? links[links.length - 1] ?? input)).focus();
    } else if (event.key === "Enter" && document.activeElement === input) {
      event.preventDefault();
      links[0]?.click();
    }
  }
}

customElements.define("sw-palette", Palette);
