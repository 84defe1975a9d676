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
    writeAddress({});
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

/** A list of verdicts, the worst first: each a case's place, a column and the verdict. */
function openList(title, found, again, most = 100) {
  const rank = (verdict) => SEVERITY.indexOf(kindOf(verdict)) * 10 + (verdict[4].length ? DATA.severities.indexOf(severityOf(verdict)) : 0);
  found.sort((one, other) => rank(one[2]) - rank(other[2]) || (worst(other[2]) ?? 0) - (worst(one[2]) ?? 0));
  const several = new Set(found.map(([, member]) => member)).size > 1;
  const rows = found.slice(0, most).map(([place, member, verdict]) =>
    make("tr", {},
      make("th", { scope: "row" }, caseButton(place, member)),
      several ? make("td", {}, DATA.columns[member].code) : null,
      make("td", {}, badge(verdict)), make("td", {}, chip(severityOf(verdict))), make("td", { class: "number" }, ulps(worst(verdict))),
      make("td", { class: "words" }, shortened(messageOf(verdict)))));
  const heads = ["Case", ...(several ? ["Implementation"] : []), "Status", "Severity", "ULP", "Message"];
  const more = found.length > most
    ? make("button", { type: "button", click: () => (HISTORY.pop(), openList(title, found, again, Infinity)) }, `Show all ${found.length}`)
    : null;
  openDialog(title, [tableOf(plural(found.length, "verdict"), heads, rows), more], again);
}

const caseButton = (place, member) =>
  make("button", { type: "button", class: "link", click: () => openCase(place, member) }, DATA.cases[place].id);

function badge(verdict) {
  const kind = kindOf(verdict);
  const status = DATA.statuses[verdict[0]];
  return make("span", { class: `cell ${kind}` }, `${MARKS[kind]} ${kind === status ? status : `${status === "pass" ? "" : `${status}, `}${WORDS[kind]}`}`);
}

const chip = (severity) => (severity ? make("span", { class: `cell ${severity}` }, severity) : "");

function messageOf(verdict) {
  const said = verdict[4].filter((check) => check[2] > 0 && check[4]).map((check) => DATA.texts[check[4]]);
  return said.join("; ") || DATA.texts[verdict[2]];
}

const shortened = (text) => (text.length > 200 ? `${text.slice(0, 200)} …` : text);

const tableOf = (caption, heads, rows) =>
  make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, stacked(make("table"), caption, heads, rows));

/** One case on one implementation. */
function openCase(place, member) {
  const one = DATA.cases[place];
  const column = DATA.columns[member];
  const verdict = DATA.verdicts[member]?.[place] || null;
  writeAddress({ case: one.id, at: column.title });
  openDialog(one.id, [
    make("p", { class: "clause" }, one.clause),
    make("h3", {}, column.title),
    verdict ? verdictOf(verdict, member, place) : make("p", {}, "The case did not run there."),
    make("h3", {}, "Inputs"), inputsOf(one),
    verdict ? worstElements(read(verdict)) : null,
    verdict && one.expected?.length && DATA.statuses[verdict[0]] !== "unsupported" ? [make("h3", {}, "Expected and actual"), outcomesOf(one, column, read(verdict))] : null,
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
      make("td", {}, chip(check.severity)),
      make("td", { class: "number" }, ulps(check.ulps)), make("td", { class: "number" }, check.limit === null ? "" : String(check.limit)),
      make("td", { class: "words" }, check.message)));
  const findings = new Map([...checks.map((check) => [check.finding, check.slug]), [finding, ""]].filter(([name]) => name).reverse());
  const others = DATA.agreement.filter(([a, b, at]) => at === place && (a === member || b === member));
  return [
    make("p", {}, badge(verdict)),
    message ? make("p", { class: "message" }, message) : null,
    stale ? make("p", {}, `Passes, which expectations deny: ${stale}`) : null,
    [...findings].map(([name, slug]) => make("p", {}, "Finding: ", slug ? make("a", { href: `#finding-${slug}` }, name) : name)),
    rows.length ? tableOf("Checks", ["What", "Yardstick", "Status", "Severity", "ULP", "Allowed", "Message"], rows) : null,
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

/** What came back where no element was kept but the worst: it stands in what was said of the check. */
function worstElements({ checks }) {
  const said = /: (\S+), exactly (\S+): (.*)$/;
  const rows = checks.filter((check) => !check.actual.length && said.test(check.message)).map((check) => {
    const [, got, exact, how] = said.exec(check.message);
    return make("tr", {}, make("th", { scope: "row" }, check.what), make("td", { class: "number" }, got),
      make("td", { class: "number" }, exact), make("td", { class: "words" }, how));
  });
  return rows.length ? [make("h3", {}, "What came back"), tableOf("The worst elements, which the run kept", ["What", "Actual", "Expected", "How far"], rows)] : null;
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
    const most = check && check.ulps !== null ? `largest error ${ulps(check.ulps)} ULP` : "";
    // A run that is kept for comparison has of a failing case what fails alone.
    const whole = verdict.checks.some((one) => one.status === "pass");
    const state = check?.status ?? (whole ? "not checked by the mathematics" : "no failure was kept");
    const kept = actual.length > 0;
    const heads = ["#", ...beside.map(([name]) => name), "expected", ...(kept ? ["actual", "ULP"] : [])];
    const rows = values.map((value, index) => {
      const off = kept && check.errors.length ? asNumber(check.errors[index]) : null;
      const numbers = [...beside.map(([, tensor]) => tensor.values[index]), value, ...(kept ? [actual[index], off === null ? "" : ulps(off)] : [])];
      return make("tr", { class: off !== null && off > limit ? "off" : null },
        make("th", { scope: "row" }, String(index)), numbers.map((number) => make("td", { class: "number" }, String(number))));
    });
    return make("details", { open: state === "fail" }, make("summary", {}, [what, state, most].filter(Boolean).join(", ")),
      tableOf(what, heads, rows));
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
