// @ts-check
/** A decision on a draft: its dialog sends exactly what was shown, and tells what came of it. */
import { CHANNEL, forgetDrafts, send } from "./site.js";

/**
 * Lets the signer prove themselves in a window of the hospital's sign-in.
 * @param {string} about what is signed, as the window's address states it
 * @returns {Promise<string>} the statement for the signature; empty when the window was closed
 */
function provedElsewhere(about) {
  const opened = window.open(`/sign-in/oidc/prove?${about}`, "_blank", "width=480,height=680");
  const asked = new URLSearchParams(about);
  const wanted = `${asked.get("draft")}/${asked.get("version")}/${asked.get("hash")}`;
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    let watch = 0;
    /** @param {string} statement */
    const end = (statement) => {
      window.clearInterval(watch);
      channel.close();
      resolve(statement);
    };
    channel.addEventListener("message", ({ data }) => {
      if (data.kind === "proved" && data.about === wanted) end(data.statement);
    });
    if (opened === null) end("");
    // Once the window is at the provider, browsers may call it closed: only time ends the wait.
    const until = Date.now() + 10 * 60 * 1000;
    watch = window.setInterval(() => {
      if (Date.now() > until) end("");
    }, 1000);
    document.addEventListener("sw-stop-waiting", () => end(""), { once: true });
  });
}

class ActForm extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const dialog = this.querySelector("dialog");
    if (!form || !dialog) return;
    form.addEventListener("submit", (event) => void this.onSubmit(event, form));
    dialog.addEventListener("close", () => {
      this.tell("");
      document.dispatchEvent(new CustomEvent("sw-stop-waiting"));
    });
    // What is open may be confirmed once it was looked at.
    this.addEventListener("toggle", (event) => this.onOpened(event), true);
  }

  /** @param {Event} event */
  onOpened(event) {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.open) return;
    const box = details.closest("[data-open-item]")?.querySelector('input[type="checkbox"]');
    if (box instanceof HTMLInputElement) box.disabled = false;
  }

  /**
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  async onSubmit(event, form) {
    const button = event.submitter;
    if (button instanceof HTMLButtonElement && button.value === "cancel") return;
    event.preventDefault();
    const unseen = form.querySelector('input[name="acknowledged"]:disabled');
    if (unseen) {
      unseen.closest("[data-open-item]")?.querySelector("details")?.setAttribute("open", "");
      unseen.closest("[data-open-item]")?.scrollIntoView({ block: "nearest" });
      return;
    }
    if (button instanceof HTMLButtonElement) button.disabled = true;
    try {
      const body = this.body(form);
      if (this.hasAttribute("data-prove")) {
        const about = new URLSearchParams({
          draft: this.dataset.prove ?? "",
          version: String(body.version),
          hash: String(body.content_hash),
        });
        body.statement = await provedElsewhere(about.toString());
      }
      const { status, data } = await send(this.dataset.url ?? "", "POST", body);
      if (status === 200) {
        // What was decided is stored: nothing of it stays in the tab.
        forgetDrafts();
        window.scrollTo(0, 0);
        window.location.reload();
        return;
      }
      this.tell(data?.message ?? String(status));
    } catch {
      this.tell(this.dataset.noAnswer ?? "");
    }
    if (button instanceof HTMLButtonElement) button.disabled = false;
  }

  /** @param {HTMLFormElement} form */
  body(form) {
    const review = /** @type {HTMLElement} */ (document.getElementById("review"));
    const values = new FormData(form);
    /** @type {Record<string, unknown>} */
    const body = { version: Number(review.dataset.version) };
    for (const name of ["reason", "comment", "password"]) {
      const value = values.get(name);
      if (typeof value === "string" && value) body[name] = value;
    }
    if (this.hasAttribute("data-exact")) {
      body.content_hash = review.dataset.hash;
      body.acknowledged = values.getAll("acknowledged");
      body.cosign_wanted = values.get("cosign_wanted") === "on";
    }
    return body;
  }

  /** @param {string} message */
  tell(message) {
    const place = this.querySelector('[data-part="problem"]');
    if (place instanceof HTMLElement) {
      place.textContent = message;
      place.hidden = message === "";
    }
  }
}

customElements.define("sw-act-form", ActForm);
