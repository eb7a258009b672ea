// One model: its scores over time and per parameter, its failures with their reasons, its latency.

import { get, last } from "./api.js";
import { TimeChart } from "./charts.js";
import { count, element, empty, mark, millis, moment, score, span, time } from "./format.js";

const windows = ["recent", "steady", "anchor"];
const failuresMax = 50;

export class ModelPage {
  name = "model";
  #hours = 24;

  constructor(id) {
    this.id = id;
    this.title = `Model ${id}`;
  }

  draw() {
    this.heading = element("h1", {}, this.id);
    this.lead = element("p", { class: "lead" }, "Loading…");
    this.figures = element("dl", { class: "figures" });
    this.scores = new TimeChart("Recent, steady and anchor score over time",
      { format: mark, wait: "Drawn as soon as there are scores." });
    this.latency = new TimeChart("Time to answer over time", { format: millis });
    this.params = element("div", { class: "scroll" });
    this.failures = element("div", { class: "scroll" });
    const range = element("select", { id: "range", onchange: (event) => this.#choose(event) },
      [[1, "hour"], [24, "day"], [168, "week"]].map(([hours, label]) =>
        element("option", { value: hours, selected: hours === this.#hours }, `Last ${label}`)));
    const card = (title, ...content) => element("section", { class: "card" }, element("h2", {}, title), content);
    const table = (title, content) =>
      element("section", { class: "card table" }, element("h2", {}, title), content);
    this.#describe(undefined, []);
    return [
      element("p", {}, element("a", { href: "#/" }, "← Leaderboard")), this.heading, this.lead, this.figures,
      element("div", { class: "tools" }, element("label", { for: "range" }, "Time shown", range)),
      element("div", { class: "grid" }, card("Scores", this.scores.box), card("Time to answer", this.latency.box)),
      table("Scores per parameter", this.params), table("Predictions that failed", this.failures),
    ];
  }

  #choose(event) {
    this.#hours = Number(event.target.value);
    this.refresh().catch(() => {});
  }

  async refresh() {
    const ask = { projectIds: this.id, ...last(this.#hours) };
    const [board, snapshots, params, calls] = await Promise.all([
      get("/reports/leaderboard"), get("/reports/models/global", ask), get("/reports/models/params", ask),
      get("/reports/models/calls", { ...ask, limit: 2000 }),
    ]);
    this.#describe(board.data.find((row) => row.model_id === this.id), calls.data);
    if (!params.isSame || !this.params.firstChild) this.#showParams(params.data);
    if (!calls.isSame || !this.failures.firstChild) this.#showFailures(calls.data);
    await this.#showCharts(snapshots.data, calls.data);
  }

  #describe(row, calls) {
    if (row) {
      this.heading.textContent = row.model_name || this.id;
      document.title = this.heading.textContent;
    }
    this.lead.textContent = row ? `by ${row.cruncher_name || "unknown"} · model ${this.id}` : `model ${this.id}`;
    const good = calls.filter((call) => call.status === "SUCCESS");
    const times = good.map((call) => call.exec_time_ms).sort((a, b) => a - b);
    const figure = (label, value, note) => element("div", {}, element("dt", {}, label),
      element("dd", {}, value, note ? element("small", {}, ` ${note}`) : null));
    this.figures.replaceChildren(
      figure("Rank", row ? `#${row.rank}` : "–"),
      ...windows.map((name) => figure(name[0].toUpperCase() + name.slice(1), score(row?.[`score_${name}`]))),
      figure("Answers", calls.length ? `${Math.round((100 * good.length) / calls.length)} %` : "–",
        calls.length ? `of ${count(calls.length)}` : null),
      figure("Median time", millis(times[Math.floor(times.length / 2)])));
  }

  async #showCharts(snapshots, calls) {
    const at = (row) => moment(row.performed_at).getTime();
    const ordered = [...snapshots].sort((a, b) => at(a) - at(b));
    await this.scores.show(windows.map((name) => ({
      label: name, points: ordered.map((row) => ({ x: at(row), y: row[`score_${name}`] })),
    })));
    const answered = calls.filter((call) => call.exec_time_ms > 0).sort((a, b) => at(a) - at(b));
    await this.latency.show([
      { label: "time to answer", points: answered.map((call) => ({ x: at(call), y: call.exec_time_ms })) },
    ]);
  }

  /** The newest snapshot's score of each parameter. */
  #showParams(rows) {
    const newest = new Map();
    for (const row of rows) {
      const known = newest.get(row.param);
      if (!known || row.performed_at >= known.performed_at) newest.set(row.param, row);
    }
    if (newest.size === 0) {
      return this.params.replaceChildren(empty("No scores yet",
        "They appear once this model's first predictions have been resolved and scored."));
    }
    const head = ["Asset", "Horizon", "Step", "Recent", "Steady", "Anchor"].map((label, index) =>
      element("th", { scope: "col", class: index === 0 ? "text" : null }, label));
    const body = [...newest.values()].sort((a, b) => a.param.localeCompare(b.param)).map((row) =>
      element("tr", {}, element("td", { class: "text" }, row.asset), element("td", {}, span(row.horizon)),
        element("td", {}, span(row.step)),
        windows.map((name) => element("td", {}, score(row[`score_${name}`])))));
    this.params.replaceChildren(element("table", {},
      element("thead", {}, element("tr", {}, head)), element("tbody", {}, body)));
  }

  #showFailures(calls) {
    const bad = calls.filter((call) => call.detail).slice(0, failuresMax);
    if (bad.length === 0) {
      return this.failures.replaceChildren(empty("Nothing failed", "No call of this time range went wrong."));
    }
    const head = ["When", "Asked", "Status", "Reason"].map((label) =>
      element("th", { scope: "col", class: "text" }, label));
    const body = bad.map((call) => element("tr", {},
      element("td", { class: "text" }, time(moment(call.performed_at))),
      element("td", { class: "text" }, call.param),
      element("td", { class: "text" }, element("span", { class: `tag ${call.status}` }, call.status)),
      element("td", { class: "text" }, call.detail)));
    this.failures.replaceChildren(element("table", {},
      element("thead", {}, element("tr", {}, head)), element("tbody", {}, body)));
  }

  redress() {
    this.scores.redress();
    this.latency.redress();
  }

  close() {
    this.scores.close();
    this.latency.close();
  }
}
