// @ts-check
// The patient's chat: Enter sends (never while a word is being composed), what was sent leaves the
// field once the answer is there, and a problem is told beside the field with the words kept.

const form = /** @type {HTMLFormElement} */ (document.getElementById("write"));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));
const problem = /** @type {HTMLElement} */ (document.getElementById("problem"));

if (form && field) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    const answer = /** @type {CustomEvent} */ (event).detail;
    if (answer.successful) {
      field.value = "";
      problem.hidden = true;
    }
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const answer = /** @type {CustomEvent} */ (event).detail.xhr;
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    const said = page.querySelector(".sw-p-problem");
    problem.textContent = said ? said.textContent : "";
    problem.hidden = !said;
  });
  document.body.addEventListener("htmx:sendError", () => form.submit());
}
