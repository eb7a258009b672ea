// The leaderboard: ranks, their changes, sorting and searching.

import { get } from "./api.js";
import { age, count, element, empty, moment, score } from "./format.js";

const columns = [
  { key: "rank", label: "Rank", order: 1 },
  { key: "model_name", label: "Model", order: 1, isText: true },
  { key: "cruncher_name", label: "Cruncher", order: 1, isText: true, isWide: true },
  { key: "score_recent", label: "Recent", order: -1, isWide: true },
  { key: "score_steady", label: "Steady", order: -1, isWide: true },
  { key: "score_anchor", label: "Anchor", order: -1 },
];

export class LeaderboardPage {
  name = "leaderboard";
  title = "Leaderboard";
  #rows = [];
  #drawn = new Map();
  #sort = { key: "rank", order: 1 };
  #previous = {};

  draw() {
    this.lead = element("p", { class: "lead" }, "Loading…");
    this.search = element("input", {
      type: "search", id: "search", autocomplete: "off", placeholder: "model or cruncher",
      oninput: () => this.#filter(),
    });
    this.caption = element("caption", {}, " ");
    this.heads = columns.map((column) => this.#head(column));
    this.body = element("tbody");
    const change = element("th", { scope: "col", class: "text move" }, "Change");
    this.table = element("table", { hidden: true }, this.caption,
      element("thead", {}, element("tr", {}, this.heads[0], change, this.heads.slice(1))), this.body);
    this.hint = element("div", {});
    return [
      element("h1", {}, "Leaderboard"), this.lead,
      element("div", { class: "tools" }, element("label", { for: "search" }, "Search", this.search)),
      element("section", { class: "card table", "aria-label": "Leaderboard" },
        element("div", { class: "scroll" }, this.table), this.hint),
    ];
  }

  #head(column) {
    const button = element("button", { type: "button", onclick: () => this.#sortBy(column) }, column.label);
    const classes = [column.key === "rank" && "rank", column.isText && "text", column.isWide && "narrow-hide"].filter(Boolean).join(" ");
    return element("th", { scope: "col", class: classes || null }, button);
  }

  async refresh() {
    const { data, isSame } = await get("/reports/leaderboard");
    const madeAt = moment(data[0]?.created_at);
    if (madeAt) this.#describe(data.length, madeAt);
    if (isSame && this.#drawn.size > 0) return;
    this.#previous = data.length > 0 ? (await get("/reports/leaderboard/previous")).data.ranks : {};
    this.#rows = data;
    this.#show();
  }

  #describe(models, madeAt) {
    const text = `${count(models)} models, scored ${age((Date.now() - madeAt) / 1000)} ago`;
    if (this.lead.textContent !== text) this.lead.textContent = text;
  }

  #show() {
    const isEmpty = this.#rows.length === 0;
    this.table.hidden = isEmpty;
    this.hint.replaceChildren();
    if (isEmpty) {
      this.lead.textContent = "No scores yet";
      this.hint.append(empty("No leaderboard yet",
        "It appears after the score worker's first run, once the first predictions have been resolved: "
        + "their horizon must have passed."));
    }
    this.#drawn = new Map(this.#rows.map((row) => [row, this.#row(row)]));
    this.#order();
  }

  #row(row) {
    const name = row.model_name || row.model_id;
    const link = element("a", { class: "model", href: `#/model/${encodeURIComponent(row.model_id)}` }, name);
    const figure = (value, isWide) => element("td",
      { class: [value === null && "none", isWide && "narrow-hide"].filter(Boolean).join(" ") || null }, score(value));
    const drawn = element("tr", {},
      element("td", { class: "rank" }, String(row.rank)), this.#move(row),
      element("td", { class: "text" }, link),
      element("td", { class: "text who narrow-hide" }, row.cruncher_name || "–"),
      figure(row.score_recent, true), figure(row.score_steady, true), figure(row.score_anchor, false));
    drawn.dataset.text = `${name} ${row.model_id} ${row.cruncher_name ?? ""}`.toLowerCase();
    return drawn;
  }

  /** How many places a model has moved since the leaderboard of a day ago, in words for listeners. */
  #move(row) {
    const before = this.#previous[row.model_id];
    if (before === undefined) {
      const isNew = Object.keys(this.#previous).length > 0;
      return element("td", { class: "move" }, isNew ? "new" : "");
    }
    const places = before - row.rank;
    if (places === 0) return element("td", { class: "move", "aria-label": "unchanged" }, "·");
    const way = places > 0 ? "up" : "down";
    return element("td", { class: `move ${way}`, "aria-label": `${way} ${Math.abs(places)}` },
      `${places > 0 ? "▲" : "▼"} ${Math.abs(places)}`);
  }

  #sortBy(column) {
    const isSame = this.#sort.key === column.key;
    this.#sort = { key: column.key, order: isSame ? -this.#sort.order : column.order };
    this.#order();
  }

  /** Missing values stay last whichever way the others go; equal ones keep their ranks' order. */
  #order() {
    const { key, order } = this.#sort;
    columns.forEach((column, index) => {
      if (column.key === key) {
        this.heads[index].setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
      } else this.heads[index].removeAttribute("aria-sort");
    });
    const compare = (a, b) => {
      const [x, y] = [a[key], b[key]];
      if (x === null || y === null) return (x === null) - (y === null) || a.rank - b.rank;
      const difference = typeof x === "string" ? x.localeCompare(y) : x - y;
      return difference * order || a.rank - b.rank;
    };
    this.body.replaceChildren(...[...this.#rows].sort(compare).map((row) => this.#drawn.get(row)));
    this.#filter();
  }

  #filter() {
    const wanted = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const row of this.#drawn.values()) {
      row.hidden = wanted !== "" && !row.dataset.text.includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    this.caption.textContent = wanted
      ? `${count(shown)} of ${count(this.#rows.length)} models`
      : "Ranked by anchor, then steady, then recent score. Change: places since a day ago.";
  }
}
