// Lines over time, drawn by Chart.js, which the server hands out beside this file.

import { element } from "./format.js";

let library = null;

/** Loads the library when the first chart is wanted. */
function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/assets/chart.js";
    script.onload = () => resolve(globalThis.Chart);
    script.onerror = () => {
      library = null;
      reject(new Error("the chart library is missing: install libjs-chart.js"));
    };
    document.head.append(script);
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** One chart in a box of its own, with a text that says the same to those who can't see it. */
export class TimeChart {
  #chart = null;
  #series = [];
  #kind;
  #format;

  constructor(label, { kind = "line", format = String, wait = "Nothing to draw yet." } = {}) {
    this.#kind = kind;
    this.#format = format;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.note = element("p", { class: "empty", hidden: true }, wait);
    this.box = element("div", { class: "chart" }, this.canvas, this.note);
  }

  /**
   * Shows series of `{label, points: [{x: milliseconds, y}]}`, each with the same number of points or
   * fewer; a null `y` leaves a gap.
   */
  async show(series) {
    this.#series = series;
    const isEmpty = series.every(({ points }) => points.every(({ y }) => y === null));
    this.note.hidden = !isEmpty;
    this.canvas.hidden = isEmpty;
    if (isEmpty) return this.close();
    const Chart = await load();
    if (!this.canvas.isConnected) return;
    this.#chart ??= new Chart(this.canvas, this.#options());
    this.#chart.data.datasets = series.map((one, index) => this.#dataset(one, index));
    this.#chart.update("none");
  }

  #dataset({ label, points }, index) {
    const line = colour(`--c${(index % 5) + 1}`);
    const isArea = this.#kind === "area";
    return {
      label, data: points, borderColor: line, backgroundColor: isArea ? `${line}55` : line,
      borderWidth: 2, pointRadius: points.length < 3 ? 3 : 0, pointHitRadius: 8, tension: 0.15,
      fill: isArea ? (index === 0 ? "origin" : "-1") : false, spanGaps: false,
    };
  }

  #options() {
    const soft = colour("--soft");
    const grid = colour("--line");
    const time = (value) => new Date(value).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    return {
      type: "line",
      data: { datasets: [] },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, normalized: true, parsing: false,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        scales: {
          x: {
            type: "linear", grid: { display: false }, border: { color: grid },
            ticks: { color: soft, maxTicksLimit: 6, maxRotation: 0, callback: time },
          },
          y: {
            beginAtZero: true, stacked: this.#kind === "area", grid: { color: grid },
            ticks: {
              color: soft, maxTicksLimit: 5, precision: this.#kind === "area" ? 0 : undefined, callback: (value) => this.#format(value),
            },
          },
        },
        plugins: {
          legend: { position: "bottom", labels: { color: soft, boxWidth: 12, boxHeight: 2 } },
          tooltip: {
            callbacks: {
              title: (items) => (items[0] ? new Date(items[0].parsed.x).toLocaleString("en-GB") : ""),
              label: (item) => `${item.dataset.label}: ${this.#format(item.parsed.y)}`,
            },
          },
        },
      },
    };
  }

  /** Draws anew in the colours of the theme. */
  redress() {
    if (!this.#chart) return;
    this.close();
    this.show(this.#series).catch(() => {});
  }

  close() {
    this.#chart?.destroy();
    this.#chart = null;
  }
}
