// The address: filters and what is open stand behind its '#', so that a view can be sent to somebody.

const FILTERS = ["kind", "loss", "severity", "finding", "text", "implementation", "status", "yardstick", "columns"];
let OPENED = {};

const boxes = () => [...byId("filters").querySelectorAll("[name=framework]")];

/** Write what the filters say, and what the dialog shows, into the address. */
function writeAddress(opened = OPENED) {
  OPENED = opened;
  const form = byId("filters");
  const said = new URLSearchParams();
  const chosen = boxes().filter((box) => box.checked);
  if (chosen.length < boxes().length) said.set("framework", chosen.map((box) => box.value).join(","));
  for (const name of FILTERS) {
    const field = form.elements[name];
    const usual = field.options?.[0].value ?? "";
    if (field.value !== usual) said.set(name, field.value);
  }
  const active = [...said.keys()].filter((name) => name !== "columns").length;
  byId("active").textContent = active ? `(${active} in use)` : "";
  for (const [name, value] of Object.entries(opened)) said.set(name, value);
  history.replaceState(null, "", `#${said}`);
}

/** Set the filters as an address says. */
function setFilters(said) {
  const form = byId("filters");
  form.reset();
  const chosen = said.get("framework")?.split(",");
  for (const box of boxes()) box.checked = !chosen || chosen.includes(box.value);
  for (const name of FILTERS) {
    const field = form.elements[name];
    const value = said.get(name);
    if (value !== null && (!field.options || [...field.options].some((option) => option.value === value))) field.value = value;
  }
}

/** Show what the address says: filters, and a case or a behaviour in the dialog. */
function readAddress() {
  const hash = location.hash.slice(1);
  if (hash && !hash.includes("=")) return goTo(hash);
  const said = new URLSearchParams(hash);
  setFilters(said);
  refresh();
  return openFrom(said);
}

/** Open the case, or the cases of a behaviour, that an address names. */
function openFrom(said) {
  const place = DATA.cases.findIndex((one) => one.id === said.get("case"));
  const member = DATA.columns.findIndex((column) => column.title === said.get("at"));
  if (place >= 0) return openCase(place, member >= 0 ? member : worstColumn(place));
  if (DATA.failing[said.get("release")]?.[said.get("behaviour")]) return openBehaviour(said.get("behaviour"), said.get("release"));
  return undefined;
}

/** Bring a part of the page into view, opened. */
function goTo(id) {
  const part = byId(id);
  if (!part) return;
  byId("dialog").close();
  if (part.matches("details")) part.open = true;
  part.hidden = false;
  part.scrollIntoView();
  (part.querySelector("summary, h2") ?? part).focus({ preventScroll: true });
}

/** Links within the page change the address by what they say alone: the filters stay. */
function setUpLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const where = link.getAttribute("href").slice(1);
    if (!where.includes("=")) return goTo(where);
    const said = new URLSearchParams(where);
    if (!said.has("finding")) return openFrom(said);
    byId("filters").elements.finding.value = said.get("finding");
    refresh();
    return goTo("matrix");
  });
  addEventListener("hashchange", readAddress);
}
