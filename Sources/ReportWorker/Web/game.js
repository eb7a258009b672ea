// The game: its rounds, how fast and how well the models answer, who joins and who leaves, what lags.

import { get } from "./api.js";
import { TimeChart } from "./charts.js";
import { age, count, element, empty, millis, moment, span, time } from "./format.js";

const roundsShown = 200;
const rowsShown = 40;
const lateSeconds = 180;

export class GamePage {
  name = "game";
  title = "Game";

  draw() {
    this.figures = element("dl", { class: "figures" });
    this.latency = new TimeChart("Time to answer of the rounds, percentiles",
      { format: millis, wait: "Drawn as soon as there are rounds." });
    this.outcomes = new TimeChart("Outcomes of the rounds",
      { kind: "area", format: count, wait: "Drawn as soon as there are rounds." });
    this.rounds = element("div", { class: "scroll" });
    this.changes = element("div", { class: "scroll" });
    const card = (title, content) => element("section", { class: "card" }, element("h2", {}, title), content);
    const table = (title, content) =>
      element("section", { class: "card table" }, element("h2", {}, title), content);
    this.#showFigures(unknown, []);
    return [
      element("h1", {}, "Game"),
      element("p", { class: "lead" }, "Rounds as they are stored: every model has one outcome in each."),
      this.figures,
      element("div", { class: "grid" }, card("Time to answer", this.latency.box), card("Outcomes", this.outcomes.box)),
      table("Models that joined or left", this.changes), table("Newest rounds", this.rounds),
    ];
  }

  async refresh() {
    const [status, rounds, changes] = await Promise.all([
      get("/reports/status"), get("/reports/rounds", { limit: roundsShown }),
      get("/reports/models/changes", { limit: 20 }),
    ]);
    this.#showFigures(status.data, rounds.data);
    if (!changes.isSame || !this.changes.firstChild) this.#showChanges(changes.data);
    if (rounds.isSame && this.rounds.firstChild) return;
    this.#showRounds(rounds.data);
    await this.#showCharts([...rounds.data].reverse());
  }

  #showFigures(status, rounds) {
    const newest = rounds[0];
    const figure = (label, value, note, kind) => element("div", {}, element("dt", {}, label),
      element("dd", { class: kind }, value, note ? element("small", {}, ` ${note}`) : null));
    const roundAge = status.newest_round_age_s;
    const feedAge = status.feed_age_s;
    const late = (seconds) => (seconds !== null && seconds > lateSeconds ? "warn" : null);
    this.figures.replaceChildren(
      figure("Newest round", roundAge === null ? "none" : age(roundAge), roundAge === null ? null : "ago", late(roundAge)),
      figure("Models called", count(newest?.sent), newest ? `of ${count(total(newest))}` : null),
      figure("Time to answer", millis(newest?.latency_p50_ms), newest ? `p99 ${millis(newest.latency_p99_ms)}` : null),
      figure("Waiting for scores", count(status.unscored_ready),
        status.oldest_unscored_age_s === null ? null : `oldest ${age(status.oldest_unscored_age_s)}`,
        late(status.oldest_unscored_age_s)),
      figure("Newest price", feedAge === null ? "–" : age(feedAge), feedAge === null ? null : "ago", late(feedAge)));
  }

  async #showCharts(rounds) {
    const at = (round) => moment(round.performed_at).getTime();
    const line = (label, key) => ({ label, points: rounds.map((round) => ({ x: at(round), y: round[key] })) });
    await this.latency.show([line("p50", "latency_p50_ms"), line("p90", "latency_p90_ms"), line("p99", "latency_p99_ms")]);
    await this.outcomes.show([line("success", "success"), line("timeout", "timeout"), line("absent", "absent"),
      line("failed", "failed")]);
  }

  #showRounds(rounds) {
    if (rounds.length === 0) {
      return this.rounds.replaceChildren(empty("No rounds yet",
        "They appear as soon as the predict worker has asked the models and stored their answers."));
    }
    const labels = ["When", "Asked", "Success", "Failed", "Timeout", "Absent", "p50", "p99", "Round"];
    const wide = new Set(["Absent", "p50", "p99"]);
    const cell = (kind, label, text) => element(kind, {
      scope: kind === "th" ? "col" : null,
      class: [["When", "Asked"].includes(label) && "text", wide.has(label) && "narrow-hide"].filter(Boolean).join(" ") || null,
    }, text);
    const body = rounds.slice(0, rowsShown).map((round) => {
      const values = [time(moment(round.performed_at)),
        `${round.asset}, ${span(round.horizon)} in steps of ${span(round.step)}`,
        count(round.success), count(round.failed), count(round.timeout), count(round.absent),
        millis(round.latency_p50_ms), millis(round.latency_p99_ms), millis(round.wall_ms)];
      return element("tr", {}, labels.map((label, index) => cell("td", label, values[index])));
    });
    this.rounds.replaceChildren(element("table", {},
      element("thead", {}, element("tr", {}, labels.map((label) => cell("th", label, label)))),
      element("tbody", {}, body)));
  }

  #showChanges(changes) {
    if (changes.length === 0) {
      return this.changes.replaceChildren(empty("No changes", "No model joined or left in the newest rounds."));
    }
    const head = ["When", "Model", "What"].map((label) => element("th", { scope: "col", class: "text" }, label));
    const body = changes.map((change) => element("tr", {},
      element("td", { class: "text" }, time(moment(change.performed_at))),
      element("td", { class: "text" }, element("a", { class: "model", href: `#/model/${encodeURIComponent(change.model_id)}` },
        change.model_name || change.model_id)),
      element("td", { class: "text" }, change.change)));
    this.changes.replaceChildren(element("table", {},
      element("thead", {}, element("tr", {}, head)), element("tbody", {}, body)));
  }

  redress() {
    this.latency.redress();
    this.outcomes.redress();
  }

  close() {
    this.latency.close();
    this.outcomes.close();
  }
}

const unknown = {
  newest_round_age_s: null, feed_age_s: null, unscored_ready: 0, oldest_unscored_age_s: null,
};
const total = (round) => round.success + round.failed + round.timeout + round.absent;
