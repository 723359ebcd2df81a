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
