// What the table shows: the search, and buttons for outcomes and flags. The keys.

class Filters {
  constructor(tests, table) {
    this.tests = tests;
    this.table = table;
    this.search = byId("search");
    this.wanted = [];  // what the pressed buttons want; empty: everything
    this.search.addEventListener("input", () => this.apply());
    table.onReveal = () => this.clear();
    this.addButtons();
    document.addEventListener("keydown", (event) => this.key(event));
  }

  addButtons() {
    const {columns} = this.tests;
    const add = (label, isOne, isRed) => {
      const number = columns.outcome.reduce((sum, _, index) => sum + (isOne(index) ? 1 : 0), 0);
      if (number === 0) return;
      const button = make(
          "button", {type: "button", "aria-pressed": "false", class: isRed ? "red" : "good"},
          label + " ", make("span", {class: "number"}, String(number)));
      button.addEventListener("click", () => this.press(button, isOne));
      byId("filters").append(button);
    };
    const isRed = (index) => columns.outcomes[columns.outcome[index]][2];
    if (columns.outcome.some((_, index) => isRed(index))) add("went wrong", isRed, true);
    columns.outcomes.forEach(
        ([, label, red], outcome) =>
            add(label, (index) => columns.outcome[index] === outcome, red));
    columns.flags.forEach(
        (flag, bit) => add(flag, (index) => (columns.flag[index] & (1 << bit)) !== 0, false));
    add("waited", (index) => columns.lock_wait[index] + columns.service_wait[index] > 0, false);
  }

  press(button, isOne) {
    const isPressed = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!isPressed));
    this.wanted = isPressed ? this.wanted.filter((one) => one !== isOne) : [...this.wanted, isOne];
    this.apply();
  }

  clear() {
    this.search.value = "";
    this.wanted = [];
    for (const button of byId("filters").children) button.setAttribute("aria-pressed", "false");
    this.apply();
  }

  apply() {
    const {wanted} = this;
    const {searched} = this.tests;
    const words = this.search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    this.table.show(
        (index) => (wanted.length === 0 || wanted.some((isOne) => isOne(index))) &&
            words.every((word) => searched[index].includes(word)));
    const number = this.table.shown.length;
    byId("found").textContent = number === this.tests.length ?
        "All " + number + " tests" :
        number + " of " + this.tests.length + " tests";
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isInSearch = event.target === this.search;
    if (isInSearch && !["Escape", "ArrowDown", "Enter"].includes(event.key)) return;
    const act = this.actions(event, isInSearch)[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  actions(event, isInSearch) {
    const {table} = this;
    const isInTable = byId("all-tests").contains(event.target);
    const next = () => table.goTo(isInSearch ? 0 : table.current + 1);
    const before = () => table.current <= 0 ? this.search.focus() : table.goTo(table.current - 1);
    const actions = {"/": () => this.search.focus(), j: next, k: before};
    if (isInTable)
      Object.assign(
          actions, {ArrowDown: next, ArrowUp: before, Escape: () => this.leave(isInSearch)});
    if (event.target === byId("table"))
      actions.Enter = () => table.current >= 0 && table.toggle(table.shown[table.current]);
    if (isInSearch) actions.Enter = next;
    return actions;
  }

  // Escape folds the current row, then leads to the search, then empties it, then leaves it.
  leave(isInSearch) {
    const {table} = this;
    const index = table.current >= 0 ? table.shown[table.current] : -1;
    if (isInSearch && this.table.shown.length === this.tests.length && this.search.value === "")
      this.search.blur();
    else if (isInSearch)
      this.clear();
    else if (table.opened.has(index)) {
      table.toggle(index);
      table.goTo(table.current);
    } else
      this.search.focus();
  }
}
