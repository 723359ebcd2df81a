// @ts-check
/** Text and sources of the review page, tied to each other both ways. */

class Review extends HTMLElement {
  /** @type {string | null} */
  hinted = null;
  flagAt = -1;
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("pointerover", (event) => this.onHover(event));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** @param {Event} event */
  onClick(event) {
    if (!(event.target instanceof Element)) return;
    const chip = event.target.closest("[data-source]");
    if (chip) {
      const fromCard = chip.closest("[data-card]") !== null;
      this.activate(Number(chip.getAttribute("data-source")), fromCard);
      return;
    }
    const flag = event.target.closest("[data-goto]");
    if (flag) this.goToMark(flag.getAttribute("data-goto") ?? "");
  }

  /** @param {Event} event */
  onHover(event) {
    if (!(event.target instanceof Element)) return;
    const over = event.target.closest("[data-source], [data-card]");
    const number = over?.getAttribute("data-source") ?? over?.getAttribute("data-card") ?? null;
    if (number === this.hinted) return;
    this.hinted = number;
    for (const card of this.querySelectorAll("[data-card]")) {
      card.classList.toggle("sw-is-hint", card.getAttribute("data-card") === number);
    }
    this.tellEditor("sw-hint", number === null ? null : Number(number));
  }

  /**
   * @param {number} number
   * @param {boolean} fromCard whether the person is at the card and wants to see the text
   */
  activate(number, fromCard) {
    this.showActive([number]);
    if (fromCard) {
      const mark = [...this.querySelectorAll(".sw-mark")].find((one) =>
        one.getAttribute("data-sources")?.split(" ").includes(String(number)),
      );
      mark?.scrollIntoView({ block: "nearest" });
    } else {
      const card = this.querySelector(`[data-card="${number}"]`);
      card?.closest("details")?.setAttribute("open", "");
      card?.scrollIntoView({ block: "nearest" });
    }
    this.tellEditor("sw-source", number, fromCard);
  }

  /** Marks cards, chips and passages of some sources. @param {number[]} numbers */
  showActive(numbers) {
    const wanted = numbers.map(String);
    for (const one of this.querySelectorAll("[data-card], .sw-chip, .sw-mark")) {
      const own =
        one.getAttribute("data-card") ??
        one.getAttribute("data-source") ??
        one.getAttribute("data-sources") ??
        "";
      const active = own.split(" ").some((number) => wanted.includes(number));
      one.classList.toggle("sw-is-active", active);
      if (one.hasAttribute("data-card")) {
        if (active) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
    }
  }

  /** @param {string} id */
  goToMark(id) {
    const mark = [...this.querySelectorAll(".sw-mark")].find(
      (one) => one.getAttribute("data-mark") === id,
    );
    mark?.scrollIntoView({ block: "center" });
    this.querySelector("sw-draft-editor")?.dispatchEvent(
      new CustomEvent("sw-goto", { detail: { id } }),
    );
  }

  /**
   * @param {string} kind
   * @param {number | null} number
   * @param {boolean} [scroll]
   */
  tellEditor(kind, number, scroll = false) {
    this.querySelector("sw-draft-editor")?.dispatchEvent(
      new CustomEvent(kind, { detail: { number, scroll } }),
    );
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    if (event.isComposing || !event.altKey || event.ctrlKey) return;
    if (document.querySelector("dialog[open]")) return;
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    if (digit) {
      event.preventDefault();
      this.activate(Number(digit), false);
    } else if (event.code === "KeyN") {
      event.preventDefault();
      const flags = [...this.querySelectorAll("[data-goto]")];
      if (!flags.length) return;
      this.flagAt = (this.flagAt + 1) % flags.length;
      this.goToMark(flags[this.flagAt].getAttribute("data-goto") ?? "");
    }
  }
}

customElements.define("sw-review", Review);
