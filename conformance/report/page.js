// What the parts share: the data, elements without markup, words for verdicts, the theme.

/** An element. Attributes that are functions listen; children that are no nodes become text, never markup. */
function make(tag, attributes = {}, ...children) {
  const made = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

const byId = (id) => document.getElementById(id);

/** The data: JSON, gzip, base64. */
async function unpacked() {
  const bytes = Uint8Array.from(atob(byId("data").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

let DATA;
const EMPTY = { pass: 0, known: 0, unexpected: 0, stale: 0, unsupported: 0 };
const MARKS = { pass: "✓", known: "d", unexpected: "!", stale: "+", unsupported: "u" };
const WORDS = {
  pass: "pass",
  known: "known to deviate",
  unexpected: "unexpected",
  stale: "pass, expected to deviate",
  unsupported: "unsupported",
};
const SEVERITY = ["unexpected", "stale", "known", "unsupported", "pass"];

/** A verdict's list as an object. */
function read(verdict) {
  const [status, expectation, message, finding, checks, stale] = verdict;
  return {
    status: DATA.statuses[status],
    expectation: DATA.expectations[expectation],
    message: DATA.texts[message],
    finding: DATA.texts[finding],
    stale: stale ?? "",
    checks: checks.map(([what, yardstick, how, ulps, said, expected, found, limit, actual, errors, severity, slug]) => ({
      what: DATA.texts[what],
      yardstick: DATA.yardsticks[yardstick],
      status: DATA.statuses[how],
      ulps: ulps ?? null,
      message: DATA.texts[said ?? 0],
      expectation: DATA.expectations[expected ?? 0],
      finding: DATA.texts[found ?? 0],
      limit: limit ?? null,
      actual: actual ?? [],
      errors: errors ?? [],
      severity: DATA.severities[severity ?? 0],
      slug: DATA.texts[slug ?? 0],
    })),
  };
}

/** Which of the five kinds a verdict is: without expectations every failure is unexpected. */
function kindOf(verdict) {
  const status = DATA.statuses[verdict[0]];
  const expectation = DATA.expectations[verdict[1]];
  if (expectation === "stale") return "stale";
  if (status === "pass" || status === "unsupported") return status;
  return expectation === "expected" ? "known" : "unexpected";
}

/** The worst severity of a verdict's checks; '' where none fails. */
function severityOf(verdict) {
  const found = verdict[4].map((check) => check[10] ?? 0).filter(Boolean);
  return found.length ? DATA.severities[Math.min(...found)] : "";
}

const asNumber = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : value === "nan" ? NaN : Number(value));

/** The largest error in ULPs that a verdict counted, or null. */
function worst(verdict) {
  let most = null;
  for (const check of verdict[4]) {
    if (check[3] !== null && check[3] !== undefined) most = Math.max(most ?? 0, asNumber(check[3]));
  }
  return most;
}

/** A table's contents. On a phone its rows stand as blocks, each cell under its heading: roles keep it a table. */
function stacked(table, caption, heads, rows) {
  for (const row of rows) {
    row.setAttribute("role", "row");
    [...row.cells].forEach((cell, place) => {
      cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      if (place) cell.dataset.title = heads[place];
    });
  }
  table.className = "stack";
  table.setAttribute("role", "table");
  table.replaceChildren(make("caption", {}, caption),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, heads.map((head) => make("th", { scope: "col", role: "columnheader" }, head)))),
    make("tbody", { role: "rowgroup" }, rows));
  return table;
}

/** A number of ULPs for people. */
function ulps(value) {
  if (value === null) return "";
  const number = asNumber(value);
  if (!Number.isFinite(number)) return "∞";
  if (number >= 1e5) return number.toExponential(0).replace("e+", "e");
  return String(Number(number.toPrecision(number < 10 ? 2 : 3)));
}

const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** Counts in words, the worst first. */
function inWords(counts) {
  const parts = SEVERITY.filter((kind) => counts[kind]).map((kind) => `${counts[kind]} ${WORDS[kind]}`);
  return parts.join(", ") || "not run";
}

/** The button that changes between light and dark; the choice is kept where the browser allows it. */
function setUpTheme() {
  const root = document.documentElement;
  const button = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const show = () => (button.textContent = now() === "dark" ? "Light theme" : "Dark theme");
  try {
    const kept = localStorage.getItem("compatlosses-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch {} // a browser may keep nothing for files
  button.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("compatlosses-theme", root.dataset.theme);
    } catch {}
    show();
  });
  dark.addEventListener("change", show);
  show();
}
