// How figures, times and statuses read.

const parts = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
const digits = new Intl.NumberFormat("en", { minimumSignificantDigits: 5, maximumSignificantDigits: 5 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A score of any size in a table: five significant digits, zeros too; a dash for none. */
export function score(value) {
  if (value === null || value === undefined) return "–";
  return isTiny(value) ? value.toExponential(3) : digits.format(value);
}

/** A score in a chart, as short as it can be. */
export function mark(value) {
  if (value === null || value === undefined) return "–";
  return isTiny(value) ? value.toExponential() : parts.format(value);
}

const isTiny = (value) => value !== 0 && Math.abs(value) < 0.0005;

/** A count with thousands separators. */
export const count = (value) => whole.format(value ?? 0);

/** Milliseconds in the unit that fits: `0.4 ms`, `52 ms`, `1.25 s`. */
export function millis(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1000) return `${parts.format(Math.round(value / 10) / 100)} s`;
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ms`;
}

/** How long ago, in words as short as they can be. */
export function age(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const abs = Math.max(0, seconds);
  if (abs < 90) return `${Math.round(abs)} s`;
  if (abs < 5400) return `${Math.round(abs / 60)} min`;
  if (abs < 172800) return `${Math.round(abs / 3600)} h`;
  return `${Math.round(abs / 86400)} days`;
}

/** The server's times are UTC without a zone. */
export const moment = (text) => (text ? new Date(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`) : null);

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** `14:05:09` today, `21 Nov 14:05:09` else, in the reader's own time. */
export function time(date) {
  if (!date) return "–";
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** Seconds as the params' names have them: `1 h`, `5 min`, `30 s`. */
export function span(seconds) {
  if (seconds % 86400 === 0) return `${seconds / 86400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/** A new element with properties and children; text is never taken for markup. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** What stands where there is nothing to show yet: what it will be, and what to wait for. */
export function empty(title, text) {
  return element("p", { class: "empty" }, element("strong", {}, title), text);
}
