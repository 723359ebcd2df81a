// @ts-check
/** The worklist's rows: J and K move, Enter opens the focused one; counts follow the filter. */
import { isField, STORED } from "./site.js";
import { browserStorage, tabStorage } from "./storage.js";

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
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (!step || isField(event.target) || document.querySelector("dialog[open]")) return;
    if (browserStorage.getItem("suwen-letters-off") === "1") return;
    const links = [...this.querySelectorAll("a.sw-row-link")];
    const row = document.activeElement?.closest("tr");
    const at = links.findIndex((link) => row?.contains(link));
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }
}

customElements.define("sw-rows", Rows);
