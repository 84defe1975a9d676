// The matrix: filters choose columns and verdicts; rows are a tree of the cases' ids.

const STATE = { columns: [], shown: [], open: new Set(), root: null, place: [0, 0] };
const FEW = 24;

/** The cases as a tree by the words of their ids; a branch with a single child is one with it, a small one is flat. */
function treeOf(places, depth = 0, name = "") {
  const node = { name, path: name, places, children: [], leaf: null };
  if (depth && places.length <= FEW) {
    node.children = places.map((place) => leafOf(place, depth));
    return node;
  }
  const groups = new Map();
  for (const place of places) {
    const word = DATA.cases[place].id.split("/").slice(0, depth + 1).join("/");
    groups.set(word, [...(groups.get(word) ?? []), place]);
  }
  for (const [path, group] of groups) {
    if (group.length === 1) node.children.push(leafOf(group[0], depth));
    else {
      const child = treeOf(group, depth + 1, path);
      const only = child.children.length === 1 ? child.children[0] : child;
      only.name = path.split("/").slice(depth).join("/");
      only.path = path;
      node.children.push(only);
    }
  }
  return node;
}

function leafOf(place, depth) {
  const id = DATA.cases[place].id;
  return { name: id.split("/").slice(depth).join("/"), path: id, places: [place], children: [], leaf: place };
}

/** What the filters say. */
function filters() {
  const form = byId("filters");
  const text = form.elements.text.value.trim().toLowerCase();
  const said = new Set();
  if (text) DATA.texts.forEach((one, place) => one.toLowerCase().includes(text) && said.add(place));
  return {
    frameworks: new Set([...form.querySelectorAll("[name=framework]:checked")].map((box) => box.value)),
    kind: form.elements.kind.value,
    loss: form.elements.loss.value,
    severity: form.elements.severity.value,
    finding: form.elements.finding.value,
    implementation: form.elements.implementation.value,
    status: form.elements.status.value,
    yardstick: form.elements.yardstick.value,
    text,
    said,
  };
}

const isShort = (verdict) => verdict[0] >= DATA.statuses.indexOf("fail");

/** Whether a verdict is among those that are asked for. */
function matches(verdict, column, place, wanted) {
  const kind = kindOf(verdict);
  const status = DATA.statuses[verdict[0]];
  if (wanted.status === "short" ? !isShort(verdict) : false) return false;
  if (wanted.status === "broken" ? !["crash", "timeout"].includes(status) : false) return false;
  if (!["", "short", "broken"].includes(wanted.status) && kind !== wanted.status) return false;
  if (wanted.yardstick === "agreement") {
    if (!DATA.disagreements.has(`${column} ${place}`)) return false;
  } else if (wanted.yardstick) {
    const yardstick = DATA.yardsticks.indexOf(wanted.yardstick);
    if (!verdict[4].some((check) => check[1] === yardstick && isShort([check[2]]))) return false;
  }
  if (wanted.loss && DATA.cases[place].loss !== wanted.loss) return false;
  if (wanted.severity && severityOf(verdict) !== wanted.severity) return false;
  if (wanted.finding && !verdict[4].some((check) => DATA.texts[check[11] ?? 0] === wanted.finding)) return false;
  if (!wanted.text) return true;
  const { id, clause } = DATA.cases[place];
  if (id.toLowerCase().includes(wanted.text) || clause.toLowerCase().includes(wanted.text)) return true;
  return wanted.said.has(verdict[2]) || verdict[4].some((check) => wanted.said.has(check[4]) || wanted.said.has(check[6]));
}

/** Columns as they are shown: each a set of implementations, under a common heading. */
function grouped(columns, by) {
  const found = new Map();
  for (const place of columns) {
    const column = DATA.columns[place];
    const version = column.number + (column.mode === "eager" ? "" : ` ${column.mode}`);
    const on = column.kind === "native" ? column.framework : `on ${column.framework}`;
    const [group, label, title, key] = {
      environment: [
        column.kind === "native" ? "native" : "compatlosses on",
        `${column.framework} ${version}`,
        column.target,
        `${column.kind} ${column.framework} ${version}`,
      ],
      implementation: [column.target, column.code, column.title, place],
      version: [`${column.code} ${on}`, version, column.title, place],
    }[by];
    if (!found.has(key)) found.set(key, { group, label, title, members: [] });
    found.get(key).members.push(place);
  }
  const shown = [...found.values()];
  if (by !== "version") return shown;
  const order = [...new Set(shown.map((one) => one.group))];
  return shown.sort((one, other) => order.indexOf(one.group) - order.indexOf(other.group));
}

/** Take in what the filters say, and show it. */
function refresh() {
  const wanted = filters();
  const chosen = DATA.columns.map((column, place) => place).filter((place) => {
    const { framework, kind, implementation } = DATA.columns[place];
    if (!wanted.frameworks.has(framework) || (wanted.kind && wanted.kind !== kind)) return false;
    return !wanted.implementation || wanted.implementation === implementation;
  });
  STATE.columns = chosen;
  STATE.matching = new Map(
    chosen.map((column) => [
      column,
      DATA.verdicts[column].map((verdict, place) => verdict !== 0 && matches(verdict, column, place, wanted)),
    ]),
  );
  const places = DATA.cases.map((_, place) => place).filter((place) => chosen.some((column) => STATE.matching.get(column)[place]));
  STATE.shown = grouped(chosen, byId("filters").elements.columns.value);
  STATE.root = treeOf(places);
  const narrow = wanted.text || wanted.status || wanted.yardstick || wanted.severity || wanted.finding;
  if (narrow && places.length <= FEW) STATE.root.children = places.map((place) => leafOf(place, 0));
  let verdicts = 0;
  for (const flags of STATE.matching.values()) verdicts += flags.filter(Boolean).length;
  byId("count").textContent = `${plural(verdicts, "verdict")} on ${plural(places.length, "case")} in ${plural(STATE.shown.length, "column")}`;
  showSummary(wanted);
  draw();
  drawCurves();
  writeAddress();
}

/** The kinds of the matching verdicts of a row's cases in a column. */
function counted(places, members) {
  const counts = { ...EMPTY };
  for (const column of members) {
    const flags = STATE.matching.get(column);
    for (const place of places) if (flags[place]) counts[kindOf(DATA.verdicts[column][place])] += 1;
  }
  return counts;
}

/** Draw the head and the rows that are open. */
function draw() {
  const table = byId("table");
  const groups = [];
  for (const { group } of STATE.shown) {
    if (groups.at(-1)?.[0] === group) groups.at(-1)[1] += 1;
    else groups.push([group, 1]);
  }
  const starts = new Set(groups.reduce((ends, [, width]) => [...ends, ends.at(-1) + width], [0]));
  STATE.starts = starts;
  table.tHead.replaceChildren(
    make("tr", { role: "row" }, make("th", { rowspan: 2, scope: "col", role: "columnheader", class: "corner" }, "Cases"),
      groups.map(([group, width]) => make("th", { colspan: width, scope: "colgroup", role: "columnheader", class: "group" }, make("span", {}, group)))),
    make("tr", { role: "row" }, STATE.shown.map(({ label, title }, place) =>
      make("th", { scope: "col", role: "columnheader", class: starts.has(place) ? "head start" : "head", title }, make("span", {}, label)))),
  );
  const rows = [rowOf({ name: "all", path: "", places: STATE.root.places, children: [], leaf: null }, 0)];
  const walk = (node, depth) => {
    rows.push(rowOf(node, depth));
    if (STATE.open.has(node.path)) node.children.forEach((child) => walk(child, depth + 1));
  };
  STATE.root.children.forEach((child) => walk(child, 0));
  table.tBodies[0].replaceChildren(...rows);
  settle();
}

/** One row: a heading that opens, and a cell for each column. */
function rowOf(node, depth) {
  const cases = node.leaf === null ? `, ${plural(node.places.length, "case")}` : "";
  const open = STATE.open.has(node.path);
  const heading = node.path
    ? make("button", {
        type: "button", tabindex: -1, class: node.leaf === null ? "branch" : "leaf", title: node.path,
        "aria-expanded": node.leaf === null ? String(open) : null,
        "aria-label": node.path + cases, "data-path": node.path,
        click: () => (node.leaf === null ? toggle(node.path) : openCase(node.leaf, worstColumn(node.leaf))),
      }, node.leaf === null ? make("span", { "aria-hidden": "true", class: "twist" }, open ? "▾" : "▸") : "", node.name)
    : make("span", {}, "all cases");
  const cells = STATE.shown.map((column, place) => cellOf(node, column, place));
  return make("tr", { role: "row", class: node.path ? `depth-${Math.min(depth, 4)}` : "total" },
    make("th", { scope: "row", role: "rowheader" }, heading), cells);
}

/** One cell: a mark, a number, a bar of shares; all of it in words for whoever does not see it. */
function cellOf(node, column, place) {
  const counts = counted(node.places, column.members);
  const kind = SEVERITY.find((one) => counts[one] && (one !== "unsupported" || !counts.pass));
  const edge = STATE.starts.has(place) ? "start" : null;
  if (!kind) return make("td", { class: edge, role: "cell" }, make("span", { class: "sr" }, "not run"));
  const single = node.leaf !== null && column.members.length === 1;
  const off = single ? worst(DATA.verdicts[column.members[0]][node.leaf]) : null;
  const total = SEVERITY.reduce((sum, one) => sum + counts[one], 0);
  let text = kind === "pass" ? "✓" : kind === "unsupported" ? "u" : `${single ? "" : counts[kind]}${MARKS[kind]}`;
  if (!single && counts.unexpected && counts.known) text = `${counts.unexpected}! ${counts.known}d`;
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  for (const one of ["unexpected", "stale", "known", "pass", "unsupported"]) {
    if (!counts[one]) continue;
    const part = make("span", { class: one });
    part.style.flexGrow = counts[one] / total;
    bar.append(part);
  }
  const said = single ? WORDS[kind] + (off === null ? "" : `, ${ulps(off)} ULP`) : inWords(counts);
  const label = `${node.path || "all cases"}, ${column.title}: ${said}`;
  const button = make("button", {
    type: "button", tabindex: -1, class: `cell ${kind}`, "aria-label": label, title: label,
    click: () => (single ? openCase(node.leaf, column.members[0]) : openCell(node, column)),
  }, make("span", {}, text), single && off !== null ? make("small", {}, ulps(off)) : bar);
  return make("td", { class: edge, role: "cell", "data-title": column.label }, button);
}

/** Open or close a branch, and stay on it. */
function toggle(path) {
  if (!STATE.open.delete(path)) STATE.open.add(path);
  draw();
  document.querySelector(`#table [data-path="${CSS.escape(path)}"]`)?.focus();
}

/** The verdicts behind a cell. */
function openCell(node, column) {
  const found = [];
  for (const member of column.members) {
    const flags = STATE.matching.get(member);
    for (const place of node.places) if (flags[place]) found.push([place, member, DATA.verdicts[member][place]]);
  }
  openList(`${node.path || "All cases"}: ${column.title}`, found, () => openCell(node, column));
}

/** The column in view where a case does worst. */
function worstColumn(place) {
  const there = STATE.columns.filter((column) => STATE.matching.get(column)[place]);
  const badness = (column) => SEVERITY.indexOf(kindOf(DATA.verdicts[column][place]));
  return there.sort((one, other) => badness(one) - badness(other))[0] ?? DATA.verdicts.findIndex((of) => of[place] !== 0);
}

/** One cell of the table is in the tab order; the arrow keys move it. */
function settle() {
  const rows = [...byId("table").tBodies[0].rows];
  STATE.place = [Math.min(STATE.place[0], rows.length - 1), Math.min(STATE.place[1], STATE.shown.length)];
  const button = rows[STATE.place[0]]?.cells[STATE.place[1]]?.querySelector("button") ?? byId("table").querySelector("tbody button");
  if (button) button.tabIndex = 0;
}

/** The arrow keys move between the cells of a table; one of them is in the tab order. Cells with nothing to open are passed over. */
function setUpKeys(table, remember = () => {}) {
  const body = table.tBodies[0];
  const placeOf = (cell) => [[...body.rows].indexOf(cell.parentElement), [...cell.parentElement.cells].indexOf(cell)];
  const opener = (row, column) => {
    const cell = body.rows[row]?.cells[column];
    return cell && !cell.hidden && !cell.parentElement.hidden ? cell.querySelector("button, a:not([hidden])") : null;
  };
  body.addEventListener("focusin", (event) => {
    body.querySelectorAll("[tabindex='0']").forEach((one) => (one.tabIndex = -1));
    event.target.tabIndex = 0;
    remember(placeOf(event.target.closest("th,td")));
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    let [row, column] = placeOf(event.target.closest("th,td"));
    const width = body.rows[row].cells.length;
    if (!Number.isFinite(step[1])) column = step[1] > 0 ? width : -1;
    for (let steps = 0; steps < body.rows.length + width; steps += 1) {
      row += step[0];
      column += Number.isFinite(step[1]) ? step[1] : -Math.sign(step[1]);
      if (opener(row, column)) return opener(row, column).focus();
      if (!body.rows[row]) return undefined;
    }
    return undefined;
  });
}
