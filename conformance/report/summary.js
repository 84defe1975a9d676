// The summary stands in the page as it is; filters hide parts of it, and count the behaviours of one loss alone.

/** Show of the summary what the filters want. */
function showSummary(wanted) {
  for (const part of document.querySelectorAll("main [data-framework]")) {
    const { framework, kind } = part.dataset;
    part.hidden = !wanted.frameworks.has(framework) || Boolean(wanted.kind && wanted.kind !== kind);
  }
  for (const row of document.querySelectorAll(".behaviours tbody tr")) {
    const totals = [...row.querySelectorAll("td[data-counts]")].map((cell) => (countCell(cell, wanted.loss), cell.hidden ? 0 : cell.total));
    row.hidden = !totals.some(Boolean);
  }
  settleBehaviours();
  let found = 0;
  for (const finding of document.querySelectorAll(".finding")) {
    finding.hidden = !findingMatches(finding, wanted);
    found += !finding.hidden;
  }
  byId("found").textContent = plural(found, "finding");
}

/** One cell of the behaviours is in the tab order: the first, until another has been in use. */
function settleBehaviours() {
  const links = [...document.querySelectorAll(".behaviours td:not([hidden]) a")];
  const shown = links.filter((link) => !link.hidden && !link.closest("tr").hidden);
  const held = shown.find((link) => link.getAttribute("tabindex") === "0") ?? shown[0];
  links.forEach((link) => (link.tabIndex = link === held ? 0 : -1));
}

/** Whether a finding is among those that are wanted. */
function findingMatches(finding, wanted) {
  const { slug, severity, losses, places } = finding.dataset;
  if (wanted.finding && wanted.finding !== slug) return false;
  if (wanted.severity && wanted.severity !== severity) return false;
  if (wanted.loss && !losses.split(" ").includes(wanted.loss)) return false;
  const there = places.trim().split(" ").map((place) => place.split("/"));
  if (!there.some(([framework, kind]) => wanted.frameworks.has(framework) && (!wanted.kind || wanted.kind === kind))) return false;
  return !wanted.text || finding.textContent.toLowerCase().includes(wanted.text);
}

/** Count a behaviour's cases in a release, of one loss or of all. */
function countCell(cell, loss) {
  cell.counts ??= JSON.parse(cell.dataset.counts);
  const counted = Object.entries(cell.counts).filter(([name]) => !loss || name === loss).map(([, counts]) => counts);
  const [passed, total] = [0, 1].map((place) => counted.reduce((sum, counts) => sum + counts[place], 0));
  const severity = DATA.severities.find((name) => name && counted.some((counts) => counts[2] === name)) ?? "";
  cell.total = total;
  const link = cell.querySelector("a");
  if (!link) return;
  link.hidden = !total;
  link.className = `cell ${severity || "pass"}`;
  link.firstElementChild.textContent = `${passed}/${total}`;
  link.lastElementChild.textContent = severity;
  const row = cell.parentElement.cells[0].textContent;
  link.setAttribute("aria-label", `${row}, ${cell.dataset.title}: ${passed} of ${total} pass${severity ? `, ${severity}` : ""}`);
}

/** The cases that fail of a behaviour in a release, in the dialog. */
function openBehaviour(id, release) {
  const loss = byId("filters").elements.loss.value;
  const found = DATA.failing[release][id].filter(([, place]) => !loss || DATA.cases[place].loss === loss);
  writeAddress({ behaviour: id, release });
  openList(`${DATA.behaviours[id]}: ${release}`, found.map(([member, place]) => [place, member, DATA.verdicts[member][place]]),
    () => openBehaviour(id, release));
}
