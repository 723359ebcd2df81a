// @ts-check
/** Keeps what is typed until the server has said that it is stored, and never says so before. */
import { send, STORED } from "./site.js";
import { tabStorage } from "./storage.js";

const AFTER_TYPING_MS = 700;
const LONGEST_PAUSE_MS = 10_000;

/** @typedef {"saved" | "pending" | "saving" | "retrying" | "conflict" | "signed-out" | "refused"} SaveState */
/** @typedef {{version: number, sections: Record<string, string>}} Kept */

export class Autosave {
  /**
   * @param {object} wiring
   * @param {string} wiring.url
   * @param {string} wiring.draft
   * @param {number} wiring.version
   * @param {() => Record<string, string>} wiring.changed texts that differ from what is stored
   * @param {(state: SaveState, data?: any) => void} wiring.onState
   * @param {(data: any, sent: Record<string, string>) => void} wiring.onSaved
   */
  constructor({ url, draft, version, changed, onState, onSaved }) {
    this.url = url;
    this.key = `${STORED}draft.${draft}`;
    this.version = version;
    this.changed = changed;
    this.onState = onState;
    this.onSaved = onSaved;
    /** @type {SaveState} */
    this.state = "saved";
    this.timer = 0;
    this.pause = 1000;
    this.busy = false;
  }

  /** What an earlier page of this tab could not store, `null` when there is nothing. */
  kept() {
    const text = tabStorage.getItem(this.key);
    return text === null ? null : /** @type {Kept} */ (JSON.parse(text));
  }

  /** Something was typed. */
  touch() {
    this.keep();
    if (this.state === "conflict") return;
    if (!this.busy && this.state !== "retrying") this.become("pending");
    this.schedule(AFTER_TYPING_MS);
  }

  /** Writes what is not stored yet where a reload of this tab finds it. */
  keep() {
    const sections = this.changed();
    if (Object.keys(sections).length === 0) tabStorage.removeItem(this.key);
    else tabStorage.setItem(this.key, JSON.stringify({ version: this.version, sections }));
  }

  /** @param {number} after milliseconds */
  schedule(after) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), after);
  }

  /**
   * Sends what differs from what is stored; returns whether all of it is stored now.
   * @param {boolean} [leaving] the page may be gone before the answer
   */
  async flush(leaving = false) {
    window.clearTimeout(this.timer);
    if (this.busy || this.state === "conflict") return false;
    const sections = this.changed();
    if (Object.keys(sections).length === 0) {
      this.keep();
      this.become("saved");
      return true;
    }
    this.busy = true;
    if (this.state !== "retrying") this.become("saving");
    try {
      const headers = { "If-Match": `"${this.version}"` };
      const answer = await send(this.url, "PUT", { sections }, headers, leaving);
      this.busy = false;
      return this.take(answer, sections);
    } catch {
      this.busy = false;
      this.retry();
      return false;
    }
  }

  /**
   * @param {{status: number, data: any}} answer
   * @param {Record<string, string>} sent
   */
  take({ status, data }, sent) {
    if (status === 200) {
      this.pause = 1000;
      this.version = data.version;
      this.onSaved(data, sent);
      this.keep();
      if (Object.keys(this.changed()).length === 0) {
        this.become("saved", data);
        return true;
      }
      this.become("pending");
      this.schedule(AFTER_TYPING_MS);
    } else if (status === 409) this.become("conflict", data);
    else if (status === 401) this.become("signed-out", data);
    else if (status >= 500) this.retry();
    else this.become("refused", data);
    return false;
  }

  retry() {
    this.become("retrying");
    this.schedule(this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  /**
   * Goes on after a conflict, on top of the version that is stored.
   * @param {number} version
   */
  resume(version) {
    this.version = version;
    this.state = "pending";
    this.keep();
    void this.flush();
  }

  /**
   * @param {SaveState} state
   * @param {any} [data]
   */
  become(state, data) {
    this.state = state;
    this.onState(state, data);
  }
}
