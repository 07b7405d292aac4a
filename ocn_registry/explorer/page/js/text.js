// Words of the page, in the reader's language, and how numbers and times are written in it.

import { fill, h, plain } from "./dom.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };

let words = /** @type {Record<string, string>} */ ({});
let language = "en";
let plurals = new Intl.PluralRules("en");

/**
 * Load the words of a language.
 * @param {string} [wanted] Which; the reader's own by default.
 */
export async function load(wanted) {
  const known = [wanted, kept("language"), ...navigator.languages.map((one) => one.slice(0, 2))];
  language = known.find((one) => one && one in LANGUAGES) ?? "en";
  const answer = await fetch(`texts/${language}.json`);
  words = await answer.json();
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

export const current = () => language;

/**
 * Return a text.
 * @param {string} key Its name in `texts/*.json`.
 * @param {Record<string, any>} [values] What stands for `{name}`; `count` also chooses the plural.
 * @returns {string}
 */
export function t(key, values = {}) {
  return pattern(key, values).replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value ?? "");
  });
}

/**
 * Return a text whose `{name}` are elements.
 * @param {string} key Its name.
 * @param {Record<string, any>} values Elements or texts.
 * @returns {any[]}
 */
export function parts(key, values) {
  return pattern(key, values)
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) ? values[part.slice(1, -1)] : part));
}

/**
 * Return whether there is a text of this name.
 * @param {string} key Its name.
 */
export const has = (key) => key in words;

function pattern(key, values) {
  const form = "count" in values ? `${key}.${plurals.select(Number(values.count))}` : key;
  // A key without a text is a name: of a new kind of event, say, or a stranger's.
  return (
    words[form] ??
    words[`${key}.other`] ??
    words[key] ??
    plain(key.slice(key.indexOf(".") + 1), 60).replace(/[{}]/g, "")
  );
}

/** @param {number} value What to write. */
export const number = (value) => new Intl.NumberFormat(language).format(value);

/**
 * Return a moment, in the reader's time zone.
 * @param {number} unix Seconds.
 */
export function moment(unix) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(unix * 1000);
}

/**
 * Return how long ago, or how far ahead, a moment is.
 * @param {number} seconds From now; negative for the past.
 */
export function distance(seconds) {
  const far = Math.abs(seconds);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  if (far < 90) return format.format(Math.round(seconds), "second");
  if (far < 5400) return format.format(Math.round(seconds / 60), "minute");
  if (far < 129600) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86400), "day");
}

/**
 * Return a time element that shows its age and keeps it current.
 * @param {number} unix Seconds.
 */
export function ago(unix) {
  const element = h("time.age", {
    datetime: new Date(unix * 1000).toISOString(),
    title: moment(unix),
    "data-unix": unix,
  });
  fill(element, distance(unix - Date.now() / 1000));
  return element;
}

/** Bring all ages on the page up to date. */
export function tick() {
  for (const element of document.querySelectorAll("time.age")) {
    const unix = Number(element.getAttribute("data-unix"));
    const said = distance(unix - Date.now() / 1000);
    if (element.textContent !== said) element.textContent = said;
  }
}

/**
 * Return the name of a country.
 * @param {string} code Its two letters.
 */
export function country(code) {
  if (!/^[A-Z]{2}$/.test(code)) return "";
  try {
    const name = new Intl.DisplayNames(language, { type: "region", fallback: "none" }).of(code);
    return name ?? "";
  } catch {
    return "";
  }
}

/**
 * Return a setting that this browser keeps.
 * @param {string} key Its name.
 */
export function kept(key) {
  try {
    return localStorage.getItem(`ocn.${key}`);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/**
 * Keep a setting in this browser, or forget it.
 * @param {string} key Its name.
 * @param {string | null} value What to keep.
 */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`ocn.${key}`);
    else localStorage.setItem(`ocn.${key}`, value);
  } catch {
    // a browser that keeps nothing
  }
}
