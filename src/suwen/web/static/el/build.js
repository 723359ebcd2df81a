// @ts-check
/** Shows a document while it is being built; text only grows, what is read does not move. */
import { RunElement } from "./run-element.js";
import { announce } from "./site.js";

class Build extends RunElement {
  /** @type {Map<string, HTMLElement>} */
  sections = new Map();

  kinds() {
    return ["stage", "section", "statement", "reasoning", "result", "failed"];
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
    this.tellProblem(message);
    const state = this.find("state");
    if (state) state.textContent = this.dataset.stopped ?? "";
  }

  end() {
    super.end();
    const stop = this.find("stop");
    if (stop) stop.hidden = true;
    const after = this.find("after");
    if (after) after.hidden = false;
  }
}

customElements.define("sw-build", Build);
