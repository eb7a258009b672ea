// Small charts of inline SVG and canvas; nothing is loaded.

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}, ...children) {
  const isDrawing = ["svg", "path", "line", "text", "g", "circle", "rect"].includes(name);
  const made = isDrawing ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Three significant digits, without the zeros that say nothing. */
function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

const millis = (value) => (value >= 1000 ? `${number(value / 1000)} s` : `${number(value)} ms`);

/** A scale: from values to 0…1, and where its lines are. */
const scales = {
  linear(low, high) {
    const top = high > low ? high : low + 1;
    const raw = (top - low) / 5;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
    const ticks = [];
    for (let tick = Math.ceil(low / step) * step; tick <= top + step / 1e6; tick += step) ticks.push(tick);
    return { place: (value) => (value - low) / (top - low), ticks };
  },
  log(low, high) {
    const bottom = Math.log10(Math.max(low, 1e-3));
    const top = Math.max(Math.log10(Math.max(high, 1e-3)), bottom + 0.3);
    const ticks = [];
    for (let power = Math.floor(bottom); power <= Math.ceil(top); power += 1) {
      const factors = top - bottom > 2.5 ? [1] : top - bottom > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
      for (const factor of factors) {
        const place = Math.log10(factor) + power;
        if (place >= bottom - 1e-9 && place <= top + 1e-9) ticks.push(factor * 10 ** power);
      }
    }
    return { place: (value) => (Math.log10(Math.max(value, 1e-3)) - bottom) / (top - bottom), ticks };
  },
  // Shares by their nines, as HdrHistogram's plots have them: each doubling of the rarity is as wide.
  nines(low, high) {
    const of = (share) => -Math.log10(Math.max(1 - share, 10 ** -high));
    const all = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
    return {
      place: (share) => (of(share) - of(low)) / (high - of(low)),
      ticks: all.filter((share) => -Math.log10(1 - share) <= high + 1e-9),
    };
  },
};

/**
 * Lines of `{name, colour, faint, points: [[x, y]]}` in a box.
 * @param {{label: string, series: object[], x: object, y: object}} options scales and formats
 */
function lineChart({ label, series, x, y, area = false }) {
  const [width, height, left, right, top, bottom] = [640, 300, 58, 16, 10, 40];
  const plot = { width: width - left - right, height: height - top - bottom };
  const px = (value) => left + x.scale.place(value) * plot.width;
  const py = (value) => top + (1 - y.scale.place(value)) * plot.height;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const tick of y.scale.ticks) {
    svg.append(
      element("line", { class: "grid-line", x1: left, x2: width - right, y1: py(tick), y2: py(tick) }),
      element("text", { x: left - 8, y: py(tick) + 4, "text-anchor": "end" }, y.format(tick)));
  }
  for (const tick of x.scale.ticks) {
    svg.append(element("text", { x: px(tick), y: height - bottom + 18, "text-anchor": "middle" }, x.format(tick)));
  }
  svg.append(element("text", { x: left + plot.width / 2, y: height - 4, "text-anchor": "middle" }, x.label));
  for (const { colour, faint, points } of series) {
    if (points.length === 0) continue;
    const d = points.map(([a, b], index) => `${index ? "L" : "M"}${px(a).toFixed(1)} ${py(b).toFixed(1)}`).join("");
    if (area) {
      const floor = top + plot.height;
      svg.append(element("path", {
        d: `${d}L${px(points.at(-1)[0])} ${floor}L${px(points[0][0])} ${floor}Z`, fill: colour, opacity: 0.12 }));
    }
    svg.append(element("path", {
      d, fill: "none", stroke: colour, "stroke-width": faint ? 1 : 2, opacity: faint ? 0.35 : 1,
      "stroke-linejoin": "round" }));
    if (points.length <= 14) {
      for (const [a, b] of points) {
        svg.append(element("circle", { cx: px(a), cy: py(b), r: faint ? 1.5 : 3, fill: colour, opacity: faint ? 0.35 : 1 }));
      }
    }
  }
  const cursor = element("line", { class: "cursor", y1: top, y2: top + plot.height });
  svg.append(cursor);
  const readout = element("div", { class: "readout" });
  const box = element("div", { class: "chart" }, svg, readout);
  const shown = series.filter((one) => !one.faint && one.points.length > 0);
  svg.addEventListener("pointermove", (event) => {
    const at = (event.offsetX / svg.clientWidth) * width;
    const nearest = shown.map((one) => {
      const point = one.points.reduce((best, next) => (
        Math.abs(px(next[0]) - at) < Math.abs(px(best[0]) - at) ? next : best));
      return { one, point };
    });
    if (nearest.length === 0) return;
    const place = px(nearest[0].point[0]);
    cursor.setAttribute("x1", place);
    cursor.setAttribute("x2", place);
    cursor.style.visibility = readout.style.visibility = "visible";
    readout.replaceChildren(
      element("strong", {}, x.format(nearest[0].point[0])),
      ...nearest.map(({ one, point }) => {
        const key = element("span", { class: "key" });
        key.style.background = one.colour;
        return element("div", {}, key, `${one.name}: ${y.format(point[1])}`);
      }));
    const share = place / width;
    readout.style.left = share < 0.6 ? `calc(${100 * share}% + 12px)` : "";
    readout.style.right = share < 0.6 ? "" : `calc(${100 * (1 - share)}% + 12px)`;
    readout.style.top = "12px";
  });
  svg.addEventListener("pointerleave", () => {
    cursor.style.visibility = readout.style.visibility = "hidden";
  });
  return box;
}

function legend(entries) {
  return element("div", { class: "legend" }, ...entries.map(({ name, colour }) => {
    const key = element("span", { class: "key" });
    key.style.background = colour;
    return element("span", {}, key, name);
  }));
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function rgb(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A colour between low, mid and high for a share of 0…1. */
function heatColour(share) {
  const stops = ["--heat-low", "--heat-mid", "--heat-high"].map((name) => rgb(style(name)));
  const at = Math.min(1, Math.max(0, share)) * 2;
  const [from, to] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
  const part = at < 1 ? at : at - 1;
  return from.map((value, index) => Math.round(value + part * (to[index] - value)));
}

/** Rows of models, columns of rounds; −1 failed, −2 deadline, −3 not asked. */
function heatMap(rows) {
  const columns = Math.max(...rows.map((row) => row.cells.length));
  const times = rows.flatMap((row) => row.cells.filter((cell) => cell >= 0)).sort((a, b) => a - b);
  const low = Math.max(times[0] ?? 0.01, 0.01);
  const high = Math.max(times[Math.floor(times.length * 0.995)] ?? 1, low * 1.5);
  const share = (value) => Math.log(Math.max(value, low) / low) / Math.log(high / low);
  const canvas = element("canvas", {
    class: "heat", width: columns, height: rows.length, role: "img",
    "aria-label": `latency of ${rows.length} rows of models over ${columns} rounds` });
  canvas.style.height = `${Math.min(480, Math.max(120, rows.length * 5))}px`;
  const readout = element("div", { class: "readout" });
  const steps = element("span", { class: "scale" });
  const key = element("div", { class: "legend" });
  function draw() {
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows.length);
    const special = { "-1": rgb(style("--bad")), "-2": rgb(style("--warn")), "-3": rgb(style("--heat-none")) };
    rows.forEach((row, y) => {
      for (let x = 0; x < columns; x += 1) {
        const cell = row.cells[x] ?? -3;
        const colour = cell >= 0 ? heatColour(share(cell)) : special[cell];
        image.data.set([...colour, 255], 4 * (y * columns + x));
      }
    });
    context.putImageData(image, 0, 0);
    const stops = [0, 0.25, 0.5, 0.75, 1].map((at) => `rgb(${heatColour(at).join(" ")})`);
    steps.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  }
  const kinds = [["failed", "--bad"], ["deadline", "--warn"], ["not asked", "--heat-none"]].filter((_, index) => (
    rows.some((row) => row.cells.includes(-1 - index))));
  key.append(
    element("span", {}, millis(low), steps, millis(high)),
    ...kinds.map(([name, colour]) => {
      const square = element("span", { class: "key" });
      square.style.background = `var(${colour})`;
      return element("span", {}, square, name);
    }));
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const box = element("div", { class: "chart" }, canvas, readout, key);
  canvas.addEventListener("pointermove", (event) => {
    const x = Math.min(columns - 1, Math.floor((event.offsetX / canvas.clientWidth) * columns));
    const y = Math.min(rows.length - 1, Math.floor((event.offsetY / canvas.clientHeight) * rows.length));
    const cell = rows[y].cells[x] ?? -3;
    const name = rows[y].models > 1 ? `${rows[y].first} and ${rows[y].models - 1} more` : rows[y].first;
    const words = { "-1": "failed", "-2": "deadline", "-3": "not asked" };
    readout.textContent = `${name}: ${cell >= 0 ? millis(cell) : words[cell]}`;
    readout.style.visibility = "visible";
    const isLeft = event.offsetX < canvas.clientWidth / 2;
    readout.style.left = isLeft ? `${event.offsetX + 12}px` : "";
    readout.style.right = isLeft ? "" : `${canvas.clientWidth - event.offsetX + 12}px`;
    readout.style.top = `${event.offsetY + 12}px`;
  });
  canvas.addEventListener("pointerleave", () => { readout.style.visibility = "hidden"; });
  return box;
}
