// @ts-check
/** Shows an answer while it is found and written: passages first, then sentence by sentence. */
import { announce, csrfToken } from "./site.js";

class Evidence extends HTMLElement {
  lastSeen = 0;
  over = false;
  began = Date.now();
  timer = 0;
  /** @type {EventSource | undefined} */
  source;
  onVisible = () => (document.hidden ? this.close() : this.open());

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
    for (const kind of ["state", "passages", "answer", "result", "failed"]) {
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

  /**
   * @param {string} kind
   * @param {any} data markup comes from our own templates, escaped there
   */
  show(kind, data) {
    if (kind === "state") this.say(data.text);
    else if (kind === "passages") this.fill("passages", data.html);
    else if (kind === "answer") this.fill("answer", data.html);
    else if (kind === "failed") this.fail(data.message);
    else this.finish(data);
  }

  /**
   * @param {string} part
   * @param {string} html
   */
  fill(part, html) {
    const place = this.find(part);
    if (!place || place.innerHTML === html) return;
    const top = place.scrollTop;
    place.innerHTML = html;
    place.scrollTop = top;
  }

  /** @param {string} text */
  say(text) {
    const state = this.find("state");
    if (state && state.textContent !== text) state.textContent = text;
  }

  /** @param {{answer: string, passages: string, follow_ups: string}} data */
  finish(data) {
    this.fill("answer", data.answer);
    this.fill("passages", data.passages);
    this.fill("follow-ups", data.follow_ups);
    this.end();
    announce(this.dataset.done ?? "");
  }

  /** @param {string} message */
  fail(message) {
    this.end();
    const problem = this.find("problem");
    if (problem) {
      problem.textContent = message;
      problem.hidden = false;
    }
    announce(this.dataset.stopped ?? "");
  }

  end() {
    this.over = true;
    this.close();
    window.clearInterval(this.timer);
    this.find("document")?.setAttribute("aria-busy", "false");
    const state = this.find("state")?.closest(".sw-evidence-state");
    if (state instanceof HTMLElement) state.hidden = true;
    const next = this.find("next");
    if (next) next.hidden = false;
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

customElements.define("sw-evidence", Evidence);
