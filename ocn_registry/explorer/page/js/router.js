// Addresses of the page's views: the part after `#`, so that any web server and any sub-path will do.

/**
 * @typedef {object} Place
 * @property {string[]} path Its parts.
 * @property {URLSearchParams} query Filters and pages.
 */

/**
 * Return the place that the address bar names.
 * @returns {Place}
 */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Return the link to a place.
 * @param {string[]} path Its parts.
 * @param {Record<string, any> | URLSearchParams} [query] Filters; empty ones are left out.
 */
export function to(path, query = {}) {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const some = entries.filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  const search = new URLSearchParams(some.map(([key, value]) => [key, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

/**
 * Go to a place.
 * @param {string} link What `to` returned.
 * @param {{replace?: boolean}} [options] Whether the place takes the present one's entry in the history.
 */
export function go(link, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", link);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = link;
  }
}
