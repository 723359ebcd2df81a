// @ts-check
/** Letters as commands of a page. */
import { isField, STORED } from "./site.js";
import { browserStorage } from "./storage.js";

/** Where the queue leaves its order for the page of one prescription. */
export const PRESCRIPTIONS = `${STORED}prescriptions`;

/**
 * Whether a key is meant for the page: no field has it, no dialog is open, letters are not off.
 * @param {KeyboardEvent} event
 */
export function isForPage(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (isField(event.target) || document.querySelector("dialog[open]")) return false;
  return browserStorage.getItem("suwen-letters-off") !== "1";
}

/**
 * How a key moves through rows: 1 down, -1 up, 0 where it is no such key or not for the page.
 * @param {KeyboardEvent} event
 */
export function stepOf(event) {
  const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
  return step && isForPage(event) ? step : 0;
}

/**
 * Moves from the row that has the focus to the next one's link, and stays at either end.
 * @param {Element} list
 * @param {KeyboardEvent} event
 * @param {number} step
 */
export function moveInRows(list, event, step) {
  const links = [...list.querySelectorAll("a.sw-row-link")];
  const row = document.activeElement?.closest("tr");
  const at = links.findIndex((link) => row?.contains(link));
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
