// Elements from data. Text from outside becomes text nodes and attribute values, never markup: the
// content security policy (Trusted Types) refuses anything else.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Child | Child[] | Child[][]} Children */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return an element.
 * @param {string} name Its tag, and classes after dots: `p.note`.
 * @param {Record<string, any> | null} [props] Attributes; `on...` are listeners.
 * @param {...Children} children What is in it.
 * @returns {any}
 */
export function h(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  set(element, props);
  append(element, children);
  return element;
}

/**
 * Return an element of a drawing.
 * @param {string} name Its tag, and classes after dots.
 * @param {Record<string, any> | null} [props] Attributes.
 * @param {...Children} children What is in it.
 * @returns {any}
 */
export function svg(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElementNS(SVG, tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  set(element, props);
  append(element, children);
  return element;
}

function set(element, props) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else if (key === "checked" || key === "selected") element[key] = true;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
}

/**
 * Add children, in lists of any depth.
 * @param {Element} element The parent.
 * @param {any[]} children What to add.
 */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replace what is in an element.
 * @param {Element} element The parent.
 * @param {...Children} children What is in it from now on.
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

const CONTROLS = "a, button, input, select, textarea, summary, h1";

/**
 * Redraw something without moving the reader: the focus stays on the same control, with what was typed there, or else
 * goes to the heading. What was unfolded stays unfolded.
 * @param {HTMLElement} part What to redraw.
 * @param {() => void} draw Draws it.
 */
export function keepingPlace(part, draw) {
  const before = /** @type {any} */ (document.activeElement);
  const key = before && part.contains(before) ? keyOf(before) : null;
  const unfolded = [...part.querySelectorAll("details[open] > summary")].map((one) => one.textContent);
  // A field that is removed while somebody types in it fires a change event.
  const hush = (event) => event.stopPropagation();
  part.addEventListener("change", hush, true);
  draw();
  part.removeEventListener("change", hush, true);
  for (const summary of part.querySelectorAll("details > summary"))
    if (unfolded.includes(summary.textContent)) summary.parentElement?.setAttribute("open", "");
  if (key === null) return;
  const controls = /** @type {any[]} */ ([...part.querySelectorAll(CONTROLS)]);
  const now = controls.find((one) => !one.disabled && keyOf(one) === key);
  const place = now ?? part.querySelector("h1, h2") ?? part;
  if (!now) place.tabIndex = -1;
  place.focus({ preventScroll: true });
  if (now?.id && ["text", "search", "textarea"].includes(now.type)) {
    now.value = before.value;
    now.setSelectionRange(before.selectionStart, before.selectionEnd);
  }
}

/**
 * Return the key by which a control is found again after redrawing.
 * @param {any} element The control.
 */
function keyOf(element) {
  const chosen = element.type === "radio" || element.type === "checkbox" ? element.value : "";
  const text = element.matches("button, summary") ? element.textContent : "";
  return [element.tagName, element.id, element.getAttribute("href"), element.name, chosen, text].join(" ");
}

// Control characters, bidirectional controls, and characters without a width: they make a name look like
// something else, so they are shown by number.
const ODD =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]/gu;

/**
 * Return a stranger's text with everything visible, and bounded.
 * @param {unknown} text What they wrote.
 * @param {number} [most] How many characters to show.
 * @returns {string}
 */
export function plain(text, most = 255) {
  const seen = String(text).replace(ODD, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`);
  const letters = [...seen];
  return letters.length > most ? `${letters.slice(0, most).join("")}…` : seen;
}

/**
 * Return a stranger's text as an element that can't reorder the text around it.
 * @param {unknown} text What they wrote.
 * @param {number} [most] How many characters to show.
 */
export function foreign(text, most) {
  return h("bdi", null, plain(text, most));
}
