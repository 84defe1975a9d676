// Set everything up.

function setUpFilters() {
  const form = byId("filters");
  for (const framework of new Set(DATA.columns.map((column) => column.framework))) {
    byId("frameworks").append(make("label", {}, make("input", { type: "checkbox", name: "framework", value: framework, checked: true }), ` ${framework}`));
  }
  for (const name of [...new Set(DATA.columns.map((column) => column.implementation))].sort()) {
    form.elements.implementation.append(make("option", { value: name }, name));
  }
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 120);
  };
  form.addEventListener("input", (event) => (event.target.name === "text" ? soon() : refresh()));
  form.addEventListener("reset", () => setTimeout(refresh));
  form.addEventListener("submit", (event) => event.preventDefault());
}

async function start() {
  setUpTheme();
  try {
    DATA = await unpacked();
    DATA.disagreements = new Set(DATA.agreement.flatMap(([one, other, place]) => [`${one} ${place}`, `${other} ${place}`]));
    setUpFilters();
    setUpCurves();
    setUpCompare();
    setUpDialog();
    setUpKeys();
    refresh();
    openFromAddress();
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    byId("failure").hidden = false;
    byId("failure").textContent = `This browser could not show the report: ${error}`;
    throw error;
  }
}

start();
