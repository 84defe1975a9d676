// The dialog: a list of verdicts, or one case with its inputs, what was expected, what came back, and a script.

const HISTORY = [];

/** Show something in the dialog, under a heading. */
function openDialog(title, content, again) {
  const dialog = byId("dialog");
  const back = HISTORY.at(-1);
  HISTORY.push(again);
  dialog.replaceChildren(
    make("div", { class: "bar-top" },
      back ? make("button", { type: "button", click: () => (HISTORY.splice(-2), back()) }, "‹ Back") : null,
      make("h2", { id: "dialog-title", tabindex: -1 }, title),
      make("button", { type: "button", class: "close", "aria-label": "Close", click: () => dialog.close() }, "×")),
    make("div", { class: "content" }, content));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  byId("dialog-title").focus();
}

function setUpDialog() {
  const dialog = byId("dialog");
  dialog.addEventListener("close", () => {
    HISTORY.length = 0;
    history.replaceState(null, "", "#");
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

/** The verdicts behind a cell, the worst first. */
function openList(node, column, most = 100) {
  const found = [];
  for (const member of column.members) {
    const flags = STATE.matching.get(member);
    for (const place of node.places) if (flags[place]) found.push([place, member, DATA.verdicts[member][place]]);
  }
  const rank = (verdict) => SEVERITY.indexOf(kindOf(verdict));
  found.sort((one, other) => rank(one[2]) - rank(other[2]) || (worst(other[2]) ?? 0) - (worst(one[2]) ?? 0));
  const several = column.members.length > 1;
  const rows = found.slice(0, most).map(([place, member, verdict]) =>
    make("tr", {},
      make("th", { scope: "row" }, caseButton(place, member)),
      several ? make("td", {}, DATA.columns[member].code) : null,
      make("td", {}, badge(verdict)), make("td", { class: "number" }, ulps(worst(verdict))),
      make("td", { class: "words" }, shortened(messageOf(verdict)))));
  const heads = ["Case", ...(several ? ["Implementation"] : []), "Status", "ULP", "Message"];
  const more = found.length > most
    ? make("button", { type: "button", click: () => (HISTORY.pop(), openList(node, column, Infinity)) }, `Show all ${found.length}`)
    : null;
  openDialog(`${node.path || "All cases"}: ${column.title}`, [
    tableOf(plural(found.length, "verdict"), heads, rows), more,
  ], () => openList(node, column, most));
}

const caseButton = (place, member) =>
  make("button", { type: "button", class: "link", click: () => openCase(place, member) }, DATA.cases[place].id);

function badge(verdict) {
  const kind = kindOf(verdict);
  const status = DATA.statuses[verdict[0]];
  return make("span", { class: `cell ${kind}` }, `${MARKS[kind]} ${kind === status ? status : `${status === "pass" ? "" : `${status}, `}${WORDS[kind]}`}`);
}

function messageOf(verdict) {
  const said = verdict[4].filter((check) => check[2] > 0 && check[4]).map((check) => DATA.texts[check[4]]);
  return said.join("; ") || DATA.texts[verdict[2]];
}

const shortened = (text) => (text.length > 200 ? `${text.slice(0, 200)} …` : text);

function tableOf(caption, heads, rows) {
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, rows)));
}

/** One case on one implementation. */
function openCase(place, member) {
  const one = DATA.cases[place];
  const column = DATA.columns[member];
  const verdict = DATA.verdicts[member]?.[place] || null;
  history.replaceState(null, "", `#${new URLSearchParams({ case: one.id, at: column.title })}`);
  openDialog(one.id, [
    make("p", { class: "clause" }, one.clause),
    make("h3", {}, column.title),
    verdict ? verdictOf(verdict, member, place) : make("p", {}, "The case did not run there."),
    make("h3", {}, "Inputs"), inputsOf(one),
    verdict && one.expected ? [make("h3", {}, "Expected and actual"), outcomesOf(one, column, read(verdict))] : null,
    one.errors ? make("p", {}, `Expected: ${(one.errors[column.api] ?? ["an error"]).join(" or ")}, raised by the call`) : null,
    make("h3", {}, "To see it yourself"), scriptOf(one, column),
    make("h3", {}, "Elsewhere"), elsewhere(place, member),
  ], () => openCase(place, member));
}

function verdictOf(verdict, member, place) {
  const { checks, message, finding, stale } = read(verdict);
  const rows = checks.map((check) =>
    make("tr", {}, make("th", { scope: "row" }, check.what), make("td", {}, check.yardstick),
      make("td", {}, check.expectation ? `${check.status}, ${check.expectation}` : check.status),
      make("td", { class: "number" }, ulps(check.ulps)), make("td", { class: "number" }, check.limit === null ? "" : String(check.limit)),
      make("td", { class: "words" }, check.message)));
  const findings = [...new Set([finding, ...checks.map((check) => check.finding)])].filter(Boolean);
  const others = DATA.agreement.filter(([a, b, at]) => at === place && (a === member || b === member));
  return [
    make("p", {}, badge(verdict)),
    message ? make("p", { class: "message" }, message) : null,
    stale ? make("p", {}, `Passes, which expectations deny: ${stale}`) : null,
    findings.map((one) => make("p", {}, "Finding: ", one)),
    rows.length ? tableOf("Checks", ["What", "Yardstick", "Status", "ULP", "Allowed", "Message"], rows) : null,
    others.map(([a, b, , said]) => make("p", {}, `Differs from ${DATA.columns[a === member ? b : a].title}: ${DATA.texts[said]}`)),
  ];
}

function inputsOf(one) {
  const rows = Object.entries(one.tensors ?? {}).map(([name, tensor]) =>
    make("tr", {}, make("th", { scope: "row" }, name),
      make("td", {}, [tensor.dtype, tensor.view, tensor.kind].filter(Boolean).join(", ")),
      make("td", {}, `[${tensor.shape.join(", ")}]`), make("td", { class: "values" }, tensor.values.join(", "))));
  const said = [
    ...Object.entries(one.options ?? {}).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    one.repeat ? `each pair ${one.repeat} times` : null,
    one.cotangent !== undefined ? `incoming gradient ${one.cotangent}` : null,
  ].filter(Boolean);
  return [tableOf("Tensors", ["Argument", "Dtype", "Shape", "Values"], rows), said.length ? make("p", {}, `Options: ${said.join(", ")}`) : null];
}

/** By quantity, a table of elements: those that fell short stand open. */
function outcomesOf(one, column, verdict) {
  const expected = one.expected[one.of?.[column.api] ?? 0];
  return Object.entries(expected).map(([what, values]) => {
    const checks = verdict.checks.filter((check) => check.what === what && check.yardstick === "exact");
    const check = checks.find((candidate) => candidate.actual.length) ?? checks[0];
    const actual = check?.actual ?? [];
    const beside = Object.entries(one.tensors).filter(([, tensor]) => tensor.values.length === values.length);
    const limit = check?.limit ?? Infinity;
    const rows = values.map((value, index) => {
      const off = actual.length && check.errors.length ? asNumber(check.errors[index]) : null;
      return make("tr", { class: off !== null && off > limit ? "off" : null },
        make("th", { scope: "row" }, String(index)), beside.map(([, tensor]) => make("td", { class: "number" }, String(tensor.values[index]))),
        make("td", { class: "number" }, String(value)), make("td", { class: "number" }, actual.length ? String(actual[index]) : "as expected"),
        make("td", { class: "number" }, off === null ? "" : ulps(off)));
    });
    const most = check && check.ulps !== null ? `largest error ${ulps(check.ulps)} ULP` : "";
    const state = check ? check.status : "not checked by the mathematics";
    if (!actual.length && state !== "pass") rows.forEach((row) => (row.cells[row.cells.length - 2].textContent = "not kept"));
    return make("details", { open: state === "fail" }, make("summary", {}, [what, state, most].filter(Boolean).join(", ")),
      tableOf(what, ["#", ...beside.map(([name]) => name), "expected", "actual", "ULP"], rows));
  });
}

/** The script for a bug report where the native function fell short, else the command that runs the case. */
function scriptOf(one, column) {
  const script = DATA.scripts[column.implementation]?.[one.id];
  if (column.kind !== "native" || script === undefined) {
    return make("pre", { tabindex: 0 }, make("code", {},
      `compatlosses conform --framework ${column.framework} --implementation '${column.implementation}' --case '${one.id}'`));
  }
  const code = make("code", {}, script);
  const copy = make("button", { type: "button", click: async () => {
    try {
      await navigator.clipboard.writeText(script);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  } }, "Copy the script");
  return [make("p", {}, copy), make("pre", { tabindex: 0, class: "script" }, code)];
}

/** The same case in the other columns that are in view. */
function elsewhere(place, member) {
  const rows = STATE.columns.filter((column) => column !== member && DATA.verdicts[column][place] !== 0).map((column) => {
    const verdict = DATA.verdicts[column][place];
    return make("tr", {},
      make("th", { scope: "row" }, make("button", { type: "button", class: "link", click: () => openCase(place, column) }, DATA.columns[column].title)),
      make("td", {}, badge(verdict)), make("td", { class: "number" }, ulps(worst(verdict))));
  });
  return tableOf("The same case in the other columns", ["Implementation", "Status", "ULP"], rows);
}

/** Open the case that the address names. */
function openFromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const place = DATA.cases.findIndex((one) => one.id === asked.get("case"));
  const member = DATA.columns.findIndex((column) => column.title === asked.get("at"));
  if (place >= 0) openCase(place, member >= 0 ? member : worstColumn(place));
}
