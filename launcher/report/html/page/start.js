// Takes over what is hidden without a script.

async function start() {
  if (!("DecompressionStream" in window)) return;
  const tests = new Tests(await unpack("columns"));
  tests.addWords(await unpack("words"));
  byId("without-script").hidden = true;
  byId("all-tests").hidden = false;
  byId("to-all").hidden = false;
  const table = new Table(tests);
  const filters = new Filters(tests, table);
  filters.apply();
  new Timeline(tests, await unpack("timeline"), (index) => table.reveal(index));
  document.documentElement.dataset.state = "ready";
}

start().catch((error) => {
  byId("without-script").textContent = "The data of this page cannot be read: " + error.message;
  byId("without-script").hidden = false;
});
