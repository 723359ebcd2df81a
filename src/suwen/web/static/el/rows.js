// @ts-check
/** The worklist's rows: J and K move, Enter opens the focused one; counts follow the filter. */
import { moveInRows, stepOf } from "./page-keys.js";
import { STORED } from "./site.js";
import { tabStorage } from "./storage.js";

class Rows extends HTMLElement {
  onKey = this.whenKey.bind(this);

  connectedCallback() {
    document.addEventListener("keydown", this.onKey);
    this.addEventListener("htmx:afterSwap", () => this.refresh());
    this.refresh();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
  }

  refresh() {
    /** @type {string[][]} */
    const list = [];
    for (const row of this.querySelectorAll("tr[data-patient]")) {
      const link = row.querySelector("a.sw-row-link");
      if (link) list.push([row.getAttribute("data-patient") ?? "", link.getAttribute("href") ?? ""]);
    }
    tabStorage.setItem(`${STORED}list`, JSON.stringify(list));
    this.rememberFilter();
    for (const fresh of this.querySelectorAll("[data-new-count]")) {
      const name = fresh.getAttribute("data-new-count");
      const shown = this.querySelector(`[data-count="${name}"]`);
      if (shown) shown.textContent = fresh.textContent;
    }
  }

  /** Group and department stand in the address, so that going back shows them; a name never. */
  rememberFilter() {
    const form = this.querySelector("form");
    if (!form) return;
    const values = new FormData(form);
    const address = new URLSearchParams();
    for (const name of ["show", "department"]) {
      const value = String(values.get(name) ?? "");
      if (value && value !== "all") address.set(name, value);
    }
    const query = address.toString();
    history.replaceState(null, "", query ? `/worklist?${query}` : "/worklist");
  }

  /** @param {KeyboardEvent} event */
  whenKey(event) {
    const step = stepOf(event);
    if (step) moveInRows(this, event, step);
  }
}

customElements.define("sw-rows", Rows);
