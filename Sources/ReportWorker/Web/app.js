// Which page is shown, and when it is asked anew.

import { get, NeedsKey, Unavailable, useKey } from "./api.js";
import { element } from "./format.js";
import { GamePage } from "./game.js";
import { LeaderboardPage } from "./leaderboard.js";
import { ModelPage } from "./model.js";

const refreshMillis = 5000;
const page = document.getElementById("page");
const state = document.getElementById("state");
let current = null;
let timer = 0;
let turn = 0;

function pageFor(hash) {
  const [, name, id] = hash.replace(/^#/, "").split("/");
  if (name === "model" && id) return new ModelPage(decodeURIComponent(id));
  if (name === "game") return new GamePage();
  return new LeaderboardPage();
}

/** Opens the page of the address; the reader's focus moves with it, but not at the first one. */
function open(isFirst) {
  turn += 1;
  current?.close?.();
  current = pageFor(location.hash);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === current.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  page.replaceChildren(...current.draw());
  document.title = current.title;
  scrollTo(0, 0);
  if (!isFirst) page.focus({ preventScroll: true });
  refresh();
}

async function refresh() {
  clearTimeout(timer);
  const mine = turn;
  try {
    await current.refresh();
    if (mine === turn) say("live", `updated ${new Date().toLocaleTimeString("en-GB")}`);
  } catch (error) {
    if (mine === turn) report(error);
  }
  if (mine === turn) timer = setTimeout(refresh, document.hidden ? 6 * refreshMillis : refreshMillis);
}

function report(error) {
  if (error instanceof Unavailable) say("away", `${error.message}; what is shown may be old`);
  else say("wait", error.message);
  if (error instanceof NeedsKey) askForKey();
}

function askForKey() {
  if (document.getElementById("key")) return;
  const field = element("input", { id: "key", type: "password", autocomplete: "off", required: true });
  const use = (event) => {
    event.preventDefault();
    useKey(field.value.trim());
    form.remove();
    refresh();
  };
  const form = element("form", { class: "card tools", onsubmit: use },
    element("label", { for: "key" }, "This page needs an API key", field),
    element("button", { class: "action", type: "submit" }, "Use it"));
  page.prepend(form);
}

function say(kind, text) {
  state.dataset.state = kind;
  const shown = state.firstElementChild;
  if (shown.textContent !== text) shown.textContent = text;
}

async function nameTheGame() {
  try {
    const { data } = await get("/info");
    document.getElementById("game").textContent = data.crunch_id;
    document.getElementById("version").textContent = `Updraft ${data.version}`;
  } catch {
    setTimeout(nameTheGame, refreshMillis);
  }
}

/** Light or dark: what the reader chose, else what the system says. */
function dress(theme) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = theme ?? (dark ? "dark" : "light");
  current?.redress?.();
}

function remembered() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

document.getElementById("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Private windows may refuse: the choice then lasts as long as the page.
  }
  dress(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress(remembered()));
addEventListener("hashchange", () => open(false));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});

dress(remembered());
nameTheGame();
if (!page.firstChild) page.append(element("p", { class: "lead" }, "Loading…"));
open(true);
