// Versions compared: a line for each two versions of an implementation, and behind each number its cases.

const CHANGES = [
  ["broken", "Newly broken"],
  ["fixed", "Newly fixed"],
  ["changed", "Changed"],
  ["added", "New"],
  ["gone", "Gone"],
];

function setUpCompare() {
  if (!DATA.changes.length) {
    byId("compare").hidden = true;
    document.querySelector("nav a[href='#compare']").hidden = true;
    return;
  }
  const rows = DATA.changes.map((pair) => {
    const [old, now] = [DATA.columns[pair.old], DATA.columns[pair.new]];
    const titled = `${old.code}, ${old.kind === "native" ? "" : "compatlosses on "}${old.framework}`;
    const version = (column) => [column.version, column.mode === "eager" ? "" : column.mode, column.run].filter(Boolean).join(" ");
    const versions = `${version(old)} → ${version(now)}`;
    return make("tr", {}, make("th", { scope: "row" }, titled), make("td", {}, versions),
      CHANGES.map(([kind, word]) => make("td", { class: "number" }, pair[kind].length
        ? make("button", { type: "button", class: `cell ${kind}`, "aria-label": `${pair[kind].length} ${word.toLowerCase()}, ${titled} ${versions}`,
            click: () => openChanges(pair, kind, word, `${titled} ${versions}`) }, `${pair[kind].length}${{ broken: "!", fixed: "✓" }[kind] ?? ""}`)
        : "0")),
      make("td", { class: "number" }, String(pair.unchanged)));
  });
  byId("pairs").replaceChildren(
    make("caption", {}, "Cases by what became of them"),
    make("thead", {}, make("tr", {}, ["Implementation", "Versions", ...CHANGES.map(([, word]) => word), "Unchanged"].map((head) =>
      make("th", { scope: "col" }, head)))),
    make("tbody", {}, rows));
}

/** The cases that changed in one way. */
function openChanges(pair, kind, word, title) {
  const side = (member, place) => {
    const verdict = DATA.verdicts[member][place];
    return verdict ? [badge(verdict), " ", make("span", { class: "number" }, ulps(worst(verdict)))] : "not run";
  };
  const rows = pair[kind].map((place) => make("tr", {},
    make("th", { scope: "row" }, caseButton(place, kind === "gone" ? pair.old : pair.new)),
    make("td", {}, side(pair.old, place)), make("td", {}, side(pair.new, place)),
    make("td", { class: "words" }, DATA.verdicts[pair.new][place] ? shortened(messageOf(DATA.verdicts[pair.new][place])) : "")));
  openDialog(`${word}: ${title}`, tableOf(plural(rows.length, "case"), ["Case", DATA.columns[pair.old].version, DATA.columns[pair.new].version, "Message"], rows),
    () => openChanges(pair, kind, word, title));
}
