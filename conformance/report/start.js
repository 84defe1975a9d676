// Set everything up.

function setUpFilters() {
  const form = byId("filters");
  for (const name of [...new Set(DATA.columns.map((column) => column.implementation))].sort()) {
    form.elements.implementation.append(make("option", { value: name }, name));
  }
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 120);
  };
  // Some fields stand outside the form that they belong to.
  document.addEventListener("input", (event) => event.target.form === form && (event.target.name === "text" ? soon() : refresh()));
  form.querySelector("[type=reset]").addEventListener("click", () => setTimeout(refresh));
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("panel").open = !matchMedia("(max-width: 40rem)").matches;
}

async function start() {
  setUpTheme();
  try {
    DATA = await unpacked();
    DATA.disagreements = new Set(DATA.agreement.flatMap(([one, other, place]) => [`${one} ${place}`, `${other} ${place}`]));
    setUpFilters();
    setUpCurves();
    setUpLinks();
    setUpDialog();
    setUpKeys(byId("table"), (place) => (STATE.place = place));
    setUpKeys(document.querySelector(".behaviours"));
    readAddress();
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    byId("failure").hidden = false;
    byId("failure").textContent = `This browser could not show the report: ${error}`;
    throw error;
  }
}

start();
