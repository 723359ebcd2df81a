// @ts-check
/** Copies the text with its label for the hospital's own record system; the server audits it. */
import { announce, send } from "./site.js";

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button?.addEventListener("click", () => void this.copy(button));
  }

  /** @param {HTMLButtonElement} button */
  async copy(button) {
    const before = button.textContent;
    let done = false;
    let message = this.dataset.failed ?? "";
    try {
      const { status, data } = await send(this.dataset.url ?? "", "POST", {});
      if (status === 200) done = await toClipboard(data.text);
      else message = data?.message ?? message;
    } catch {
      done = false;
    }
    if (done) message = this.dataset.copied ?? "";
    button.textContent = message;
    announce(message);
    window.setTimeout(() => (button.textContent = before), 4000);
  }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function toClipboard(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  // Without TLS a browser has no clipboard interface; a selected field is copied the old way.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

customElements.define("sw-copy-text", CopyText);
