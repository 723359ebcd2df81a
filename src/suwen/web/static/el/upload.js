// @ts-check
/** Sends files with their progress; without it the form works as any other. */
import { csrfToken } from "./site.js";

class Upload extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form?.addEventListener("submit", (event) => this.onSubmit(event, form));
  }

  /**
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  onSubmit(event, form) {
    event.preventDefault();
    this.tell("");
    const input = form.querySelector('input[type="file"]');
    const files = input instanceof HTMLInputElement ? [...(input.files ?? [])] : [];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > Number(this.dataset.most)) {
      this.tell(this.dataset.tooLarge ?? "");
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", this.dataset.url ?? "");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.responseType = "json";
    request.upload.addEventListener("progress", (moved) => this.showProgress(moved));
    request.addEventListener("load", () => this.onAnswer(request));
    request.addEventListener("error", () => this.tell(this.dataset.noAnswer ?? ""));
    this.busy(true);
    request.send(new FormData(form));
  }

  /** @param {ProgressEvent} moved */
  showProgress(moved) {
    if (!moved.lengthComputable) return;
    const share = Math.round((100 * moved.loaded) / moved.total);
    const bar = this.querySelector("progress");
    if (bar) bar.value = share;
    const percent = this.querySelector('[data-part="percent"]');
    if (percent) percent.textContent = `${share} %`;
  }

  /** @param {XMLHttpRequest} request */
  onAnswer(request) {
    if (request.status === 200 && request.response?.next) {
      window.location.assign(request.response.next);
      return;
    }
    this.tell(request.response?.message ?? this.dataset.noAnswer ?? "");
  }

  /** @param {boolean} sending */
  busy(sending) {
    const state = this.querySelector('[data-part="state"]');
    if (state instanceof HTMLElement) state.hidden = !sending;
    const button = this.querySelector("button");
    if (button) button.disabled = sending;
  }

  /** @param {string} message */
  tell(message) {
    this.busy(false);
    const place = this.querySelector('[data-part="problem"]');
    if (place instanceof HTMLElement) {
      place.textContent = message;
      place.hidden = message === "";
    }
  }
}

customElements.define("sw-upload", Upload);
