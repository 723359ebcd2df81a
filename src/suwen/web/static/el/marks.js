// @ts-check
/** Where the statements of a section stand in its text, and how they are shown there. */

/** @typedef {{id: string, text: string, kind: string, supported: boolean | null, reason: string, sources: number[]}} Mark */
/** @typedef {{mark: Mark, range: Range}} Placed */

/**
 * Finds each mark in the text; one whose words were changed has no place until it is saved.
 * @param {HTMLElement} field
 * @param {Mark[]} marks in reading order
 * @returns {Placed[]}
 */
export function place(field, marks) {
  const text = field.textContent ?? "";
  /** @type {Placed[]} */
  const placed = [];
  let at = 0;
  for (const mark of marks) {
    const start = mark.text ? text.indexOf(mark.text, at) : -1;
    if (start < 0) continue;
    at = start + mark.text.length;
    const range = rangeOf(field, start, at);
    if (range) placed.push({ mark, range });
  }
  return placed;
}

/**
 * @param {HTMLElement} field
 * @param {number} start
 * @param {number} end
 */
export function rangeOf(field, start, end) {
  const walker = document.createTreeWalker(field, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let before = 0;
  let begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    if (!begun && start < before + length) {
      range.setStart(node, start - before);
      begun = true;
    }
    if (begun && end <= before + length) {
      range.setEnd(node, end - before);
      return range;
    }
    before += length;
  }
  return null;
}

/**
 * Paints ranges under a name of the stylesheet; browsers without highlights show none.
 * @param {string} name
 * @param {Range[]} ranges
 */
export function paint(name, ranges) {
  if (!("highlights" in CSS)) return;
  CSS.highlights.set(name, new Highlight(...ranges));
}

/**
 * The numbered chips beside the lines of a field.
 * @param {HTMLElement} field
 * @param {HTMLElement} gutter lies over the field
 * @param {Placed[]} placed
 * @param {{source: string, noSource: string}} words
 */
export function drawChips(field, gutter, placed, words) {
  const { top, left } = gutter.getBoundingClientRect();
  const whole = document.createRange();
  whole.selectNodeContents(field);
  const written = [...whole.getClientRects()];
  /** @type {Map<number, {numbers: Set<number>, flags: Mark[], end: number}>} */
  const lines = new Map();
  for (const { mark, range } of placed) {
    const boxes = range.getClientRects();
    if (boxes.length === 0) continue;
    const y = Math.round(boxes[boxes.length - 1].top - top);
    const near = [...lines.keys()].find((known) => Math.abs(known - y) < 12) ?? y;
    const line = lines.get(near) ?? { numbers: new Set(), flags: [], end: 0 };
    lines.set(near, line);
    const last = boxes[boxes.length - 1];
    const beside = written.filter((box) => Math.abs(box.top - last.top) < 12);
    line.end = Math.max(last.right, ...beside.map((box) => box.right)) - left;
    for (const number of mark.sources) line.numbers.add(number);
    if (mark.kind === "statement" && mark.supported !== true) line.flags.push(mark);
  }
  const rows = [...lines].map(([y, line]) => {
    const row = document.createElement("div");
    row.className = "sw-chips";
    row.style.top = `${y + 3}px`;
    row.style.left = `${Math.round(line.end) + 8}px`;
    for (const mark of line.flags.slice(0, 1)) row.append(chip("!", mark.reason || words.noSource, ""));
    const numbers = [...line.numbers];
    const room = line.flags.length > 0 ? 2 : 3;
    for (const number of numbers.slice(0, room)) {
      row.append(chip(String(number), words.source.replace("%s", String(number)), String(number)));
    }
    if (numbers.length > room) {
      const more = chip(`+${numbers.length - room}`, "", String(numbers[room]));
      more.title = numbers.slice(room).join(", ");
      more.classList.add("sw-chip-more");
      row.append(more);
    }
    return row;
  });
  gutter.replaceChildren(...rows);
}

/**
 * @param {string} text
 * @param {string} title
 * @param {string} source
 */
function chip(text, title, source) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.className = source ? "sw-chip" : "sw-chip sw-chip-flag";
  button.textContent = text;
  button.title = title;
  if (source) button.dataset.source = source;
  return button;
}
