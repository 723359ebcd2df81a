// @ts-check
/** What the browser keeps for our pages. In a frame of another site it may keep nothing: then the
 * page itself remembers for as long as it is open. */

/** Remembers for as long as the page is open. */
class Remembered {
  /** @type {Map<string, string>} */
  kept = new Map();

  /** @param {string} key */
  getItem(key) {
    return this.kept.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.kept.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.kept.delete(key);
  }

  keys() {
    return [...this.kept.keys()];
  }
}

/** Keeps in the browser. */
class Kept {
  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} key */
  getItem(key) {
    return this.storage.getItem(key);
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.storage.setItem(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.storage.removeItem(key);
  }

  keys() {
    return Object.keys(this.storage);
  }
}

/** @param {"localStorage" | "sessionStorage"} name */
function open(name) {
  try {
    return new Kept(window[name]);
  } catch {
    return new Remembered();
  }
}

/** What all tabs share. */
export const browserStorage = open("localStorage");

/** What belongs to this tab. */
export const tabStorage = open("sessionStorage");
