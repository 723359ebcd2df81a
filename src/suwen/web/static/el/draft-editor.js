// @ts-check
/** The draft as a text that a person may change, with its statements' sources beside it. */
import { Autosave } from "./autosave.js";
import { drawChips, paint, place } from "./marks.js";
import { normalise, plainText } from "./plain-text.js";
import { send } from "./site.js";

/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Placed} Placed */
/** @typedef {{id: string, title: string, text: string, marks: Mark[]}} SectionData */

/** @param {HTMLElement} field what is in a field; the browser's closing line break is not text */
function textOf(field) {
  return plainText(field).replace(/\n+$/, "");
}

class DraftEditor extends HTMLElement {
  /** @type {Map<string, HTMLElement>} */
  fields = new Map();
  /** @type {Map<string, string>} */
  stored = new Map();
  /** @type {Map<string, Mark[]>} */
  marks = new Map();
  /** @type {Placed[]} */
  placed = [];
  /** @type {string | undefined} */
  caretMark;
  savedAt = "";
  frame = 0;
  review = /** @type {HTMLElement} */ (this.closest("sw-review"));
  resize = new ResizeObserver(() => this.later());
  save = new Autosave({
    url: this.dataset.url ?? "",
    draft: this.review.dataset.draft ?? "",
    version: Number(this.review.dataset.version),
    changed: () => this.changed(),
    onState: (state, data) => this.showState(state, data),
    onSaved: (data, sent) => this.takeSaved(data, sent),
  });

  connectedCallback() {
    for (const section of this.querySelectorAll("[data-section]")) {
      const field = section.querySelector(".sw-text");
      const id = section.getAttribute("data-section") ?? "";
      if (!(field instanceof HTMLElement)) continue;
      this.fields.set(id, field);
      this.stored.set(id, textOf(field));
      this.marks.set(id, JSON.parse(field.dataset.marks ?? "[]"));
      field.addEventListener("input", (event) => {
        if (!(/** @type {InputEvent} */ (event).isComposing)) normalise(field);
        this.onInput();
      });
      field.addEventListener("compositionend", () => normalise(field));
    }
    this.listen();
    this.redraw();
    this.restore();
  }

  listen() {
    this.resize.observe(this);
    this.addEventListener("sw-source", (event) => {
      const { number, scroll } = /** @type {CustomEvent} */ (event).detail;
      this.showCited(number, scroll);
    });
    this.addEventListener("sw-hint", (event) => {
      this.showCited(/** @type {CustomEvent} */ (event).detail.number, false);
    });
    this.addEventListener("sw-goto", (event) => {
      this.goTo(/** @type {CustomEvent} */ (event).detail.id);
    });
    document.addEventListener("selectionchange", () => this.onCaret());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) void this.save.flush(true);
    });
    window.addEventListener("online", () => void this.save.flush());
    document.addEventListener("sw-signed-in", () => void this.save.flush());
    document.addEventListener("sw-leaving", () => void this.save.flush(true));
    window.addEventListener("beforeunload", (event) => {
      if (Object.keys(this.changed()).length > 0) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        void this.save.flush();
      }
    });
  }

  disconnectedCallback() {
    this.resize.disconnect();
  }

  /** Texts that differ from what is stored, by section. */
  changed() {
    /** @type {Record<string, string>} */
    const changed = {};
    for (const [id, field] of this.fields) {
      const text = textOf(field);
      if (text !== this.stored.get(id)) changed[id] = text;
    }
    return changed;
  }

  onInput() {
    this.save.touch();
    this.later();
  }

  /** Redraws once before the next frame. */
  later() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.redraw();
    });
  }

  redraw() {
    const words = { source: this.dataset.source ?? "", noSource: this.dataset.noSource ?? "" };
    this.placed = [];
    for (const [id, field] of this.fields) {
      const placed = place(field, this.marks.get(id) ?? []);
      this.placed.push(...placed);
      const gutter = field.parentElement?.querySelector(".sw-gutter");
      if (gutter instanceof HTMLElement) drawChips(field, gutter, placed, words);
    }
    const open = this.placed.filter(
      ({ mark }) => mark.kind === "statement" && mark.supported !== true,
    );
    paint(
      "sw-unsupported",
      open.map(({ range }) => range),
    );
  }

  /**
   * @param {number | null} number
   * @param {boolean} scroll
   */
  showCited(number, scroll) {
    const citing = this.placed.filter(({ mark }) => number && mark.sources.includes(number));
    paint(
      "sw-cited",
      citing.map(({ range }) => range),
    );
    if (scroll) citing[0]?.range.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} id */
  goTo(id) {
    const found = this.placed.find(({ mark }) => mark.id === id);
    if (!found) return;
    const field = found.range.startContainer.parentElement?.closest(".sw-text");
    if (field instanceof HTMLElement) field.focus({ preventScroll: true });
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(found.range.cloneRange());
    const box = found.range.getBoundingClientRect();
    window.scrollBy({ top: box.top - window.innerHeight / 3 });
  }

  /** The sources of the statement in which the caret stands. */
  onCaret() {
    const selection = getSelection();
    const node = selection?.anchorNode;
    if (!node || !this.contains(node) || !selection) return;
    const at = this.placed.find(({ range }) => range.isPointInRange(node, selection.anchorOffset));
    if (at?.mark.id === this.caretMark) return;
    this.caretMark = at?.mark.id;
    const numbers = at?.mark.sources ?? [];
    const review = /** @type {any} */ (this.review);
    review.showActive(numbers);
    if (numbers.length > 0) {
      review.querySelector(`[data-card="${numbers[0]}"]`)?.scrollIntoView({ block: "nearest" });
    }
  }

  /**
   * @param {any} data
   * @param {Record<string, string>} sent
   */
  takeSaved(data, sent) {
    this.review.dataset.version = String(data.version);
    this.review.dataset.hash = data.content_hash;
    for (const [id, text] of Object.entries(sent)) this.stored.set(id, text);
    for (const section of /** @type {SectionData[]} */ (data.sections)) {
      this.marks.set(section.id, section.marks);
    }
    this.later();
    const panel = document.getElementById("panel");
    if (panel) {
      panel.innerHTML = data.panel;
      /** @type {any} */ (window).htmx?.process(panel);
    }
    for (const part of ["open", "print"]) {
      for (const place of this.review.querySelectorAll(`[data-part="${part}"]`)) {
        place.innerHTML = data[part];
      }
    }
    for (const place of this.review.querySelectorAll('[data-part="version"]')) {
      place.textContent = String(data.version);
    }
    for (const place of this.review.querySelectorAll('[data-part="changes"]')) {
      place.textContent = (this.dataset.changes ?? "").replace("%s", String(data.changes));
    }
    const edited = this.review.querySelector('[data-part="edited-by"]');
    if (edited instanceof HTMLElement) {
      edited.hidden = !data.changes;
      edited.closest(".sw-doc-bar")?.classList.toggle("sw-doc-bar-edited", Boolean(data.changes));
    }
    for (const place of this.review.querySelectorAll('[data-part="editor"]')) {
      place.textContent = data.by_name;
    }
    this.savedAt = data.saved_at;
  }

  /**
   * @param {import("./autosave.js").SaveState} state
   * @param {any} [data]
   */
  showState(state, data) {
    const place = this.review.querySelector('[data-part="save-state"]');
    if (place instanceof HTMLElement) {
      const words = {
        saved: (this.dataset.saved ?? "").replace("%s", this.savedAt),
        pending: this.dataset.pending,
        saving: this.dataset.saving,
        retrying: this.dataset.retrying,
        conflict: this.dataset.conflict,
        "signed-out": this.dataset.signedOut,
        refused: `${this.dataset.refused} ${data?.message ?? ""}`,
      };
      if (state !== "saved" || this.savedAt) place.textContent = words[state] ?? "";
      place.dataset.state = state;
    }
    for (const button of this.review.querySelectorAll("[data-needs-saved]")) {
      if (button instanceof HTMLButtonElement) button.disabled = state !== "saved";
    }
    const unprinted = this.review.querySelector('[data-part="print-unsaved"]');
    if (unprinted instanceof HTMLElement) unprinted.hidden = state === "saved";
    const why = this.review.querySelector('[data-part="why-not"]');
    if (why) why.textContent = state === "saved" ? "" : (place?.textContent ?? "");
    if (state === "conflict") void this.showConflict();
    if (state === "signed-out") document.dispatchEvent(new CustomEvent("sw-signed-out"));
  }

  /** Takes up what an earlier page of this tab could not store. */
  restore() {
    const kept = this.save.kept();
    if (!kept) return;
    for (const [id, text] of Object.entries(kept.sections)) {
      const field = this.fields.get(id);
      if (field) field.textContent = text;
    }
    this.redraw();
    if (Object.keys(this.changed()).length === 0) {
      this.save.keep();
    } else if (kept.version === this.save.version) {
      this.save.touch();
    } else {
      this.save.become("conflict");
    }
  }

  /** Sets one's own text and the stored one side by side and lets the person decide. */
  async showConflict() {
    const dialog = this.querySelector('[data-part="conflict"]');
    if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
    const { status, data } = await send(`${this.dataset.url}/texts`, "GET", null).catch(() => ({
      status: 0,
      data: null,
    }));
    if (status !== 200) {
      window.setTimeout(() => void this.showConflict(), 3000);
      return;
    }
    const mine = this.changed();
    const sections = /** @type {SectionData[]} */ (data.sections);
    const pairs = sections.filter((s) => s.id in mine && mine[s.id] !== s.text);
    if (pairs.length === 0 && data.status === "draft") {
      this.adopt(data, sections);
      return;
    }
    dialog.querySelector('[data-part="conflict-sections"]')?.replaceChildren(
      ...pairs.map((section) => this.pair(section, mine[section.id])),
    );
    const keep = dialog.querySelector('button[value="mine"]');
    if (keep instanceof HTMLButtonElement) keep.disabled = data.status === "signed";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue === "mine") {
          for (const section of sections) this.stored.set(section.id, section.text);
          this.save.resume(data.version);
        } else if (dialog.returnValue === "theirs") {
          this.adopt(data, sections);
        }
      },
      { once: true },
    );
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.showModal();
  }

  /**
   * @param {any} data
   * @param {SectionData[]} sections
   */
  adopt(data, sections) {
    for (const section of sections) {
      const field = this.fields.get(section.id);
      if (field) field.textContent = section.text;
      this.stored.set(section.id, section.text);
    }
    this.save.version = data.version;
    this.save.keep();
    window.location.reload();
  }

  /**
   * @param {SectionData} section
   * @param {string} mine
   */
  pair(section, mine) {
    const pair = document.createElement("div");
    const heading = document.createElement("h3");
    heading.textContent = section.title;
    const row = document.createElement("div");
    row.className = "sw-conflict-pair";
    for (const [title, text] of [
      [this.dataset.mine ?? "", mine],
      [this.dataset.theirs ?? "", section.text],
    ]) {
      const side = document.createElement("div");
      const label = document.createElement("strong");
      label.textContent = title;
      side.append(label, "\n", text);
      row.append(side);
    }
    pair.append(heading, row);
    return pair;
  }
}

customElements.define("sw-draft-editor", DraftEditor);
