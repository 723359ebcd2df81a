// @ts-check
/** A window that came back from the hospital's sign-in: tells the page that waits, and closes. */
import { CHANNEL } from "./site.js";

class CameBack extends HTMLElement {
  connectedCallback() {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage({ ...this.dataset });
    channel.close();
    // The proof is in the other page's hands now: nothing of it stays here.
    delete this.dataset.statement;
    window.setTimeout(() => window.close(), 300);
  }
}

customElements.define("sw-came-back", CameBack);
