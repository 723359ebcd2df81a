// @ts-check
/** A field's plain text, whatever elements the browser put around its lines. */

/**
 * The text of a node: a block begins a new line, a line break ends one.
 * @param {Node} node
 * @returns {string}
 */
export function plainText(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      text += child.nodeValue ?? "";
    } else if (child.nodeName === "BR") {
      // The only child of a line keeps an empty line open and is no further break.
      text += node.childNodes.length === 1 ? "" : "\n";
    } else {
      text += (text === "" ? "" : "\n") + plainText(child);
    }
  }
  return text;
}

/**
 * Pasting and some input methods put lines into elements: makes one text of them again and keeps
 * the caret where it was.
 * @param {HTMLElement} field
 */
export function normalise(field) {
  if (field.childElementCount === 0) return;
  const selection = getSelection();
  let caret = -1;
  if (selection?.anchorNode && field.contains(selection.anchorNode)) {
    const before = document.createRange();
    before.selectNodeContents(field);
    before.setEnd(selection.anchorNode, selection.anchorOffset);
    caret = plainText(before.cloneContents()).length;
  }
  field.textContent = plainText(field);
  const text = field.firstChild;
  if (caret >= 0 && text) {
    selection?.collapse(text, Math.min(caret, text.nodeValue?.length ?? 0));
  }
}
