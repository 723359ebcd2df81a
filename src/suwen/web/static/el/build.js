// @ts-check
/** Shows a document while it is being built; text only grows, what is read does not move. */
import { announce, csrfToken } from "./site.js";

class Build extends HTMLElement {
  lastSeen = 0;
  over = false;
  began = Date.now();
  timer = 0;
  /** @type {EventSource | undefined} */
  source;
  /** @type {Map<string, HTMLElement>} */
  sections = new Map();
  onVisible = () => (document.hidden ? this.close() : this.open());

  connectedCallback() {
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
    for (const kind of ["stage", "section", "statement", "reasoning", "result", "failed"]) {
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
   * @param {any} data
   */
  show(kind, data) {
    if (kind === "stage") this.showStage(data);
    else if (kind === "section") this.showSection(data.section);
    else if (kind === "statement") this.showStatement(data.section, data.statement);
    else if (kind === "reasoning") this.showReasoning(data.text);
    else if (kind === "result") this.finish(data.run);
    else this.fail(data);
  }

  /** @param {{name: string, status: string, took_ms: number | null}} stage */
  showStage(stage) {
    const row = this.querySelector(`[data-stage="${stage.name}"]`);
    if (!(row instanceof HTMLElement)) return;
    row.dataset.status = stage.status;
    const took = row.querySelector('[data-part="took"]');
    if (took && stage.took_ms !== null) took.textContent = `${stage.took_ms.toFixed(0)} ms`;
  }

  /** @param {{id: string, title: string, text: string}} section */
  showSection(section) {
    const shown = document.createElement("section");
    shown.className = "sw-sec";
    const heading = document.createElement("h2");
    heading.textContent = section.title;
    const text = document.createElement("div");
    text.className = "sw-text";
    text.textContent = section.text;
    shown.append(heading, text);
    this.sections.set(section.id, text);
    this.find("sections")?.append(shown);
  }

  /**
   * @param {string} section
   * @param {{text: string, supported: boolean | null, origin: string}} statement
   */
  showStatement(section, statement) {
    const text = this.sections.get(section);
    if (!text) return;
    if (!text.textContent?.includes(statement.text)) {
      const joint = statement.origin === "rule" ? "\n" : " ";
      text.append(text.textContent ? joint : "", statement.text);
    }
    if (statement.supported === true) return;
    for (const node of text.childNodes) {
      const at = node.nodeType === Node.TEXT_NODE ? node.nodeValue?.indexOf(statement.text) : -1;
      if (at === undefined || at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + statement.text.length);
      const mark = document.createElement("span");
      mark.className = "sw-mark-unsupported";
      range.surroundContents(mark);
      return;
    }
  }

  /** @param {string} text */
  showReasoning(text) {
    const place = this.find("reasoning");
    if (place) place.hidden = false;
    this.find("reasoning-text")?.append(text);
  }

  /** @param {{draft_id?: string}} run */
  finish(run) {
    this.end();
    announce(this.dataset.done ?? "");
    if (run.draft_id) window.location.replace(`/drafts/${run.draft_id}`);
  }

  /** @param {{code: string, message_zh: string, message_en: string}} failure */
  fail(failure) {
    this.end();
    const message = document.documentElement.lang.startsWith("zh")
      ? failure.message_zh
      : failure.message_en;
    const problem = this.find("problem");
    if (problem) {
      problem.textContent = message;
      problem.hidden = false;
    }
    const state = this.find("state");
    if (state) state.textContent = this.dataset.stopped ?? "";
  }

  end() {
    this.over = true;
    this.close();
    window.clearInterval(this.timer);
    this.find("document")?.setAttribute("aria-busy", "false");
    const stop = this.find("stop");
    if (stop) stop.hidden = true;
    const after = this.find("after");
    if (after) after.hidden = false;
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

customElements.define("sw-build", Build);
