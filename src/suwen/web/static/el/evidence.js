// @ts-check
/** Shows an answer while it is found and written: passages first, then sentence by sentence. */
import { RunElement } from "./run-element.js";
import { announce } from "./site.js";

class Evidence extends RunElement {
  kinds() {
    return ["state", "passages", "answer", "result", "failed"];
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
    const looking = this.find("looking");
    if (looking) looking.textContent = this.dataset.notLooked ?? "";
    this.tellProblem(message);
    announce(this.dataset.stopped ?? "");
  }

  end() {
    super.end();
    const state = this.find("state")?.closest(".sw-evidence-state");
    if (state instanceof HTMLElement) state.hidden = true;
    const next = this.find("next");
    if (next) next.hidden = false;
  }
}

customElements.define("sw-evidence", Evidence);
