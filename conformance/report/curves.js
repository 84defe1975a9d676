// The error in ULPs against the logit: two panels, a line for each distinct curve of the columns in view.

const FLOOR = 0.25;
const SIZE = { width: 640, height: 300, left: 52, right: 12, top: 26, bottom: 34 };
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];
const HUES = 6;
const LINES = { label: null, hidden: new Set(), all: [] };

/** The curves at a label, those that are the same in one line. */
function linesAt(label) {
  const found = new Map();
  for (const curve of DATA.curves.of) {
    if (curve.label !== label || !STATE.columns.includes(curve.column)) continue;
    const key = JSON.stringify([curve.value, curve.gradient]);
    if (!found.has(key)) found.set(key, { ...curve, columns: [] });
    found.get(key).columns.push(curve.column);
  }
  return [...found.values()].map((line, place) => ({
    ...line,
    name: nameOf(line.columns),
    hue: `line hue-${place % HUES}`,
    dash: DASHES[place % DASHES.length],
  }));
}

function nameOf(columns) {
  const first = DATA.columns[columns[0]];
  return `${first.code}, ${first.target}${columns.length > 1 ? ` and ${columns.length - 1} alike` : ""}`;
}

function setUpCurves() {
  const { logits, of } = DATA.curves;
  if (!of.length) {
    byId("curves").replaceChildren(byId("curves-title"), make("p", {}, "These runs measured no curves: the whole suite does."));
    return;
  }
  const labels = [...new Set(of.map((curve) => curve.label))].sort();
  LINES.label = labels[0];
  byId("labels").append(...labels.map((label) => make("label", {},
    make("input", { type: "radio", name: "label", value: label, checked: label === LINES.label, change: () => {
      LINES.label = label;
      drawCurves();
    } }), ` ${label}`)));
  const cursor = byId("cursor");
  Object.assign(cursor, { min: 0, max: logits.length - 1, value: (logits.length - 1) / 2 });
  cursor.addEventListener("input", () => readAt(Number(cursor.value)));
}

/** Draw both panels and the table of lines anew. */
function drawCurves() {
  if (!DATA.curves.of.length) return;
  LINES.all = linesAt(LINES.label);
  const kept = LINES.all.filter((line) => !LINES.hidden.has(line.name));
  byId("panels").replaceChildren(panel("value", "Loss", kept), panel("gradient", "Gradient by the logit", kept));
  const rows = LINES.all.map((line) => make("tr", {},
    make("th", { scope: "row" }, make("label", {},
      make("input", { type: "checkbox", checked: !LINES.hidden.has(line.name), change: (event) => {
        LINES.hidden[event.target.checked ? "delete" : "add"](line.name);
        drawCurves();
        document.querySelector(`#lines input[value="${CSS.escape(line.name)}"]`)?.focus();
      }, value: line.name }),
      sample(line), make("span", { title: line.columns.map((column) => DATA.columns[column].title).join("\n") }, line.name))),
    ["value", "gradient"].flatMap((part) => [
      make("td", { class: "number", "data-part": part }, ""), make("td", { class: "number" }, peak(line[part]))])));
  stacked(byId("lines"), "The lines: their errors in ULPs at the logit of the slider, and the largest with its logit",
    ["Line", "Loss here", "Loss, largest", "Gradient here", "Gradient, largest"], rows);
  readAt(Number(byId("cursor").value));
}

function peak(errors) {
  const numbers = errors.map(asNumber);
  const most = Math.max(...numbers);
  return `${ulps(most)} at ${DATA.curves.logits[numbers.indexOf(most)]}`;
}

const sample = (line) => make("svg:svg", { width: 34, height: 12, "aria-hidden": "true" },
  make("svg:line", { x1: 1, x2: 33, y1: 6, y2: 6, class: line.hue, "stroke-dasharray": line.dash }));

/** A panel: axes with a logarithmic scale of ULPs, a band for infinity on top, the lines. */
function panel(part, title, lines) {
  const { width, height, left, right, top, bottom } = SIZE;
  const { logits } = DATA.curves;
  const finite = lines.flatMap((line) => line[part].map(asNumber)).filter(Number.isFinite);
  const decades = Math.max(2, Math.ceil(Math.log10(Math.max(1, ...finite))));
  const from = Math.log10(FLOOR);
  const base = height - bottom;
  const ceiling = top + 18;
  const x = (logit) => left + ((logit - logits[0]) / (logits.at(-1) - logits[0])) * (width - left - right);
  const y = (error) => {
    if (!Number.isFinite(error)) return top + 4;
    return base - ((Math.log10(Math.max(error, FLOOR)) - from) / (decades - from)) * (base - ceiling);
  };
  const shown = make("svg:svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img", class: "panel",
    "aria-label": `${title} at label ${LINES.label}: ${lines.map((line) => `${line.name}, largest ${peak(line[part])}`).join("; ") || "no line"}`,
  });
  const step = decades > 8 ? 2 : 1;
  const ticks = [[0.5, "0.5"], ...Array.from({ length: decades + 1 }, (_, power) => [10 ** power, power < 4 ? String(10 ** power) : `1e${power}`])
    .filter((_, power) => power % step === 0), [Infinity, "∞"]];
  for (const [error, text] of ticks) {
    shown.append(make("svg:line", { x1: left, x2: width - right, y1: y(error), y2: y(error), class: "grid" }),
      make("svg:text", { x: left - 6, y: y(error) + 4, class: "tick end" }, text));
  }
  for (let logit = Math.ceil(logits[0] / 50) * 50; logit <= logits.at(-1); logit += 50) {
    shown.append(make("svg:line", { x1: x(logit), x2: x(logit), y1: top, y2: base, class: "grid" }),
      make("svg:text", { x: x(logit), y: base + 15, class: "tick middle" }, logit));
  }
  shown.append(make("svg:text", { x: left, y: 14, class: "title" }, `${title}, error in ULP`),
    make("svg:text", { x: (left + width - right) / 2, y: height - 4, class: "tick middle" }, "logit"));
  for (const line of lines) {
    const points = line[part].map((error, place) => `${place ? "L" : "M"}${x(logits[place]).toFixed(1)} ${y(asNumber(error)).toFixed(1)}`);
    shown.append(make("svg:path", { d: points.join(""), class: line.hue, "stroke-dasharray": line.dash }, make("svg:title", {}, line.name)));
  }
  shown.append(make("svg:line", { y1: top, y2: base, class: "cursor" }));
  shown.place = x;
  shown.addEventListener("pointermove", (event) => {
    const box = shown.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * width - left) / (width - left - right);
    byId("cursor").value = Math.round(Math.min(1, Math.max(0, share)) * (logits.length - 1));
    readAt(Number(byId("cursor").value));
  });
  return shown;
}

/** Put the cursor at a place of the grid, and its errors into the table. */
function readAt(place) {
  const logit = DATA.curves.logits[place];
  byId("at").textContent = logit;
  byId("cursor").setAttribute("aria-valuetext", `logit ${logit}`);
  for (const shown of document.querySelectorAll("#panels svg")) {
    const line = shown.querySelector(".cursor");
    line.setAttribute("x1", shown.place(logit));
    line.setAttribute("x2", shown.place(logit));
  }
  [...byId("lines").tBodies[0].rows].forEach((row, index) => {
    for (const cell of row.querySelectorAll("[data-part]")) cell.textContent = ulps(LINES.all[index][cell.dataset.part][place]);
  });
}
