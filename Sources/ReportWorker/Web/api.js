// The server's JSON, kept with its ETag: what has not changed is neither sent nor drawn again.

const kept = new Map();
const requestSecondsMax = 15;
const keptMax = 50;

export class Unavailable extends Error {}
export class NeedsKey extends Error {}

let key = rememberedKey();

function rememberedKey() {
  try {
    return sessionStorage.getItem("key");
  } catch {
    return null;
  }
}

/** Presents this API key from now on, as long as the tab is open. */
export function useKey(text) {
  key = text;
  try {
    sessionStorage.setItem("key", text);
  } catch {
    // Private windows may refuse: the key then lasts as long as the page.
  }
}

/**
 * The JSON at `path`, and whether it is the same as last time.
 * Throws `Unavailable` when the server or its database is away, `NeedsKey` when it wants a key.
 */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const address = query ? `${path}?${query}` : path;
  const known = kept.get(address);
  let response;
  try {
    response = await fetch(address, {
      headers: { ...(known && { "If-None-Match": known.tag }), ...(key && { "X-API-Key": key }) },
      cache: "no-store",
      signal: AbortSignal.timeout(requestSecondsMax * 1000),
    });
  } catch {
    throw new Unavailable("the server does not answer");
  }
  if (response.status === 304 && known) return { data: known.data, isSame: true };
  if (response.status === 503) throw new Unavailable("the database is away");
  if (response.status === 401 || response.status === 403) throw new NeedsKey(await reason(response));
  if (!response.ok) throw new Error(await reason(response));
  const data = await response.json();
  const tag = response.headers.get("ETag");
  if (tag) {
    kept.delete(address);
    kept.set(address, { tag, data });
    if (kept.size > keptMax) kept.delete(kept.keys().next().value);
  }
  return { data, isSame: false };
}

async function reason(response) {
  try {
    const { detail } = await response.json();
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

/** The parameters of a time range that ends now, as the API wants them. */
export function last(hours, now = Date.now()) {
  // Whole minutes, so that answers of one minute share their ETag.
  const end = Math.ceil(now / 60000) * 60000;
  const text = (instant) => new Date(instant).toISOString().slice(0, 19);
  return { start: text(end - hours * 3600000), end: text(end) };
}
