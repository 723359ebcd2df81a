// @ts-check
/** What every element does that follows a run while it goes on: it hears, counts and can stop. */
import { csrfToken } from "./site.js";

/**
 * An element with `data-events` (the stream) and `data-stop` (where the run is cancelled), around
 * the parts that it changes, each marked `data-part`. One without a stream shows a run that is over.
 */
export class RunElement extends HTMLElement {
  lastSeen = 0;
  over = false;
  began = Date.now();
  timer = 0;
  /** @type {EventSource | undefined} */
  source;
  onVisible = () => (document.hidden ? this.close() : this.open());

  /** @returns {string[]} which events the element shows */
  kinds() {
    return [];
  }

  /**
   * Shows an event.
   * @param {string} _kind
   * @param {any} _data
   */
  show(_kind, _data) {}

  connectedCallback() {
    if (!this.dataset.events) return;
    document.addEventListener("visibilitychange", this.onVisible);
    this.find("stop")?.addEventListener("click", () => void this.stop());
    this.timer = window.setInterval(() => this.showElapsed(), 1000);
    this.open();
  }

  disconnectedCallback() {
    this.close();
    document.removeEventListener("visibilitychange", this.onVisible);
    window.clearInterval(this.timer);
  }

  /** @param {string} name */
  find(name) {
    const found = this.querySelector(`[data-part="${name}"]`);
    return found instanceof HTMLElement ? found : null;
  }

  /** Opens the stream; hidden tabs hold none, because a browser has few for each host. */
  open() {
    if (this.source || this.over || document.hidden) return;
    const source = new EventSource(`${this.dataset.events}?after=${this.lastSeen}`);
    this.source = source;
    for (const kind of this.kinds()) {
      source.addEventListener(kind, (event) => {
        this.lastSeen = Number(event.lastEventId) || this.lastSeen;
        this.show(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED || this.over) return;
      // Refused for good: the page itself can say why.
      this.close();
      window.setTimeout(() => window.location.reload(), 2000);
    });
  }

  close() {
    this.source?.close();
    this.source = undefined;
  }

  /** The run has ended: nothing more is heard, and nobody waits any longer. */
  end() {
    this.over = true;
    this.close();
    window.clearInterval(this.timer);
    this.find("document")?.setAttribute("aria-busy", "false");
  }

  /** @param {string} message why there is no result */
  tellProblem(message) {
    const problem = this.find("problem");
    if (!problem) return;
    problem.textContent = message;
    problem.hidden = false;
  }

  async stop() {
    const button = this.find("stop");
    if (button instanceof HTMLButtonElement) button.disabled = true;
    await fetch(this.dataset.stop ?? "", {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF-Token": csrfToken() },
    });
  }

  showElapsed() {
    const seconds = Math.round((Date.now() - this.began) / 1000);
    const place = this.find("elapsed");
    if (place && seconds >= 2) place.textContent = `${seconds} s`;
  }
}
