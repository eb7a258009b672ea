// Shows what the page carries in #data: tables, lines and a heat map, in this order.

const colours = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6"].map((name) => `var(${name})`);
const formats = { millis, number, seconds: (value) => `${number(value)} s`, share: percent, text: String };

function percent(share) {
  const text = (100 * share).toFixed(6).replace(/\.?0+$/, "");
  return `${text} %`;
}

const nines = (share) => (share === 0.5 ? "p50" : `p${percent(share).replace(" %", "")}`);

function section(title, note, ...children) {
  const made = element("section", {}, element("h2", {}, title));
  if (note) made.append(element("p", { class: "note" }, note));
  made.append(...children);
  return made;
}

/** `{title, note, columns: [{title, isText}], rows: [{chosen, cells: [{text, small, tone}]}]}` */
function table({ title, note, columns, rows }) {
  const head = element("tr", {}, ...columns.map((column) => (
    element("th", column.isText ? { class: "text" } : {}, column.title))));
  const lines = rows.map((row) => element("tr", row.chosen ? { class: "chosen" } : {}, ...row.cells.map((cell, index) => {
    const made = element("td", columns[index].isText ? { class: "text" } : {});
    made.append(cell.text);
    if (cell.small) made.append(element("small", cell.tone ? { class: cell.tone } : {}, cell.small));
    return made;
  })));
  return section(title, note, element("div", { class: "scroll" }, element(
    "table", {}, element("thead", {}, head), element("tbody", {}, ...lines))));
}

/** `{title, note, x: {kind, label, format}, y: …, series: [{name, key, faint, points}]}` */
function chart({ title, note, x, y, series, area }) {
  const all = series.flatMap((one) => one.points);
  if (all.length === 0) return "";
  const range = (index) => {
    const values = all.map((point) => point[index]);
    return [Math.min(...values), Math.max(...values)];
  };
  const axis = ({ kind, label, format, from }, index) => {
    let [low, high] = range(index);
    if (kind === "nines") {
      const rarest = Math.max(...all.map(([share]) => share).filter((share) => share < 1), 0.5);
      return { scale: scales.nines(0.5, -Math.log10(1 - rarest) + 0.35), label, format: nines };
    }
    if (kind === "linear") low = from ?? low;
    if (kind === "linear" && index === 1) high *= 1.05;
    if (kind === "log" && index === 1) [low, high] = [low / 1.15, high * 1.15];
    return { scale: scales[kind](low, high), label, format: formats[format] };
  };
  const lines = series.map((one) => ({ ...one, colour: colours[one.key % colours.length] }));
  const box = lineChart({ label: title, series: lines, x: axis(x, 0), y: axis(y, 1), area });
  const names = lines.filter((one, index) => lines.findIndex((other) => other.name === one.name) === index);
  return section(title, note, box, names.length > 1 ? legend(names) : "");
}

const data = JSON.parse(document.getElementById("data").textContent);
const main = document.querySelector("main");
main.append(element("h1", {}, data.title));
main.append(element("p", { class: "lead" }, ...data.lead.flatMap((line) => [line, element("br")])));
for (const one of data.tables) main.append(table(one));
main.append(element("div", { class: "grid" }, ...data.charts.map(chart).filter(Boolean)));
if (data.heat?.length) {
  main.append(section("Each model, round by round",
    "A row is a model (or neighbours), the slowest last; a column is a round. The colour is the time to its answer.",
    heatMap(data.heat)));
}
main.append(element("footer", {}, data.footer));
