// @ts-check
/** What several elements need of the page: its forgery token, requests, announcements. */
import { tabStorage } from "./storage.js";

/** Prefix of everything that we keep in the tab's storage. */
export const STORED = "suwen.";

/** How windows of ours tell each other that somebody came back from the hospital's sign-in. */
export const CHANNEL = "suwen-sign-in";

/** The forgery token of this session's pages. */
export function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta instanceof HTMLMetaElement ? meta.content : "";
}

/**
 * Takes over the token of a session that was begun on this page.
 * @param {string} token
 */
export function setCsrfToken(token) {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (meta instanceof HTMLMetaElement) meta.content = token;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) {
    if (field instanceof HTMLInputElement) field.value = token;
  }
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": token }));
}

/**
 * Sends JSON and reads the JSON answer.
 * @param {string} url
 * @param {string} method
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @param {boolean} [keepalive] lets the request outlive the page
 * @returns {Promise<{status: number, data: any}>}
 */
export async function send(url, method, body, headers = {}, keepalive = false) {
  const answer = await fetch(url, {
    method,
    keepalive,
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRF-Token": csrfToken(),
      ...headers,
    },
    body: body === null ? null : JSON.stringify(body),
  });
  let data = null;
  if (answer.headers.get("content-type")?.startsWith("application/json")) {
    data = await answer.json();
  }
  return { status: answer.status, data };
}

/**
 * Says something to a screen reader.
 * @param {string} text
 */
export function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

/** Forgets every draft that this tab keeps: at sign-out and when a session has run out. */
export function forgetDrafts() {
  for (const key of tabStorage.keys()) {
    if (key.startsWith(STORED)) tabStorage.removeItem(key);
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether what is typed there is text
 */
export function isField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) {
    return !["checkbox", "radio", "button", "submit"].includes(target.type);
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
