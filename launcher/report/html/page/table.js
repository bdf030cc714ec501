// The table of all tests. Only the rows that can be seen are in the page, and rows of no content
// take the place of the others. A test is `index` in the data and `position` in the table.

const columnsOfTable = [
  {key: "number", title: "#", compare: (tests) => byNumbers(tests.columns.number)},
  {key: "name", title: "Test", compare: (tests) => byNames(tests.names)},
  {key: "outcome", title: "Outcome", compare: (tests) => byNumbers(tests.columns.outcome)},
  {key: "wall", title: "Took", compare: (tests) => byNumbers(tests.columns.wall)},
  {
    key: "wait",
    title: "Waited",
    compare: (tests) =>
        byNumbers(tests.columns.lock_wait.map((wait, i) => wait + tests.columns.service_wait[i]))
  },
];

function byNumbers(column) {
  return (a, b) => column[a] - column[b] || a - b;
}
function byNames(names) {
  return (a, b) => names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b;
}

class Table {
  constructor(tests) {
    this.tests = tests;
    this.body = byId("rows");
    this.sorted = Int32Array.from({length: tests.length}, (_, i) => i);
    this.isShown = () => true;
    this.shown = this.sorted;
    this.opened = new Map();  // by index: the height of what is unfolded
    this.drawn = new Map();   // by index: the rows in the page
    this.current = -1;        // a position
    this.sort = {key: "number", isDown: false};
    this.rowHeight = 0;
    this.drawSoon = beforeNextFrame(() => this.draw());
    this.above = make("tr", {"aria-hidden": "true", class: "space"}, make("td", {colspan: "5"}));
    this.below = this.above.cloneNode(true);
    this.body.append(this.above, this.below);
    this.sizes = new ResizeObserver((entries) => this.resized(entries));
    this.addHeads();
    addEventListener("scroll", this.drawSoon, {passive: true});
    addEventListener("resize", () => {
      this.rowHeight = 0;
      this.drawSoon();
    });
    // What is above the table may grow.
    new ResizeObserver(this.drawSoon).observe(document.querySelector("main"));
  }

  addHeads() {
    for (const {key, title} of columnsOfTable) {
      const button = make("button", {type: "button"}, title);
      button.addEventListener("click", () => this.sortBy(key));
      byId("heads").append(make(
          "th", {scope: "col", class: key, "aria-sort": key === "number" ? "ascending" : "none"},
          button));
    }
  }

  sortBy(key) {
    // Whoever sorts by times wants the longest first.
    const isFirstDown = key === "wall" || key === "wait";
    const isDown = this.sort.key === key ? !this.sort.isDown : isFirstDown;
    this.sort = {key, isDown};
    const compare = columnsOfTable.find((column) => column.key === key).compare(this.tests);
    this.sorted.sort(isDown ? (a, b) => compare(b, a) : compare);
    for (const head of byId("heads").children) {
      const isIt = head.classList.contains(key);
      head.setAttribute("aria-sort", !isIt ? "none" : isDown ? "descending" : "ascending");
    }
    this.show(this.isShown);
  }

  // Shows the tests for which `isShown` is true.
  show(isShown) {
    const index = this.current >= 0 ? this.shown[this.current] : -1;
    this.isShown = isShown;
    this.shown = this.sorted.filter(isShown);
    this.current = index >= 0 ? this.shown.indexOf(index) : -1;
    byId("table").setAttribute("aria-rowcount", this.shown.length + 1);
    for (const shown of [...this.drawn.keys()]) this.remove(shown);
    this.draw();
  }

  remove(index) {
    const {row, detail} = this.drawn.get(index);
    const hadFocus =
        row.contains(document.activeElement) || detail?.contains(document.activeElement);
    row.remove();
    if (detail) this.sizes.unobserve(detail);
    detail?.remove();
    this.drawn.delete(index);
    // Else the keys would go to the start of the page.
    if (hadFocus) byId("table").focus({preventScroll: true});
  }

  // --- Places -----------------------------------------------------------------------------------

  // The positions that are unfolded, with their heights.
  openedPositions() {
    if (this.opened.size === 0) return [];
    const found = [];
    this.shown.forEach((index, position) => {
      if (this.opened.has(index)) found.push([position, this.opened.get(index)]);
    });
    return found;
  }

  top(position) {
    let top = position * this.rowHeight;
    for (const [at, height] of this.openedPositions())
      if (at < position) top += height;
    return top;
  }

  positionAt(y) {
    let passed = 0;
    for (const [at, height] of this.openedPositions()) {
      const end = (at + 1) * this.rowHeight + passed;
      if (y < end) break;
      if (y < end + height) return at;
      passed += height;
    }
    return Math.max(0, Math.min(this.shown.length - 1, Math.floor((y - passed) / this.rowHeight)));
  }

  resized(entries) {
    for (const {target} of entries) {
      const index = Number(target.dataset.index);
      if (this.opened.has(index) && target.isConnected) this.opened.set(index, target.offsetHeight);
    }
    this.drawSoon();
  }

  // --- Rows -------------------------------------------------------------------------------------

  draw() {
    if (this.rowHeight === 0) this.measure();
    if (this.shown.length === 0 || this.rowHeight === 0) return this.setSpaces(0, 0);
    const more = 400;
    const start = this.body.getBoundingClientRect().top;
    const from = this.positionAt(-start - more);
    const to = this.positionAt(-start + innerHeight + more);
    const wanted = new Set(this.shown.subarray(from, to + 1));
    for (const index of [...this.drawn.keys()])
      if (!wanted.has(index)) this.remove(index);
    let after = this.above;
    for (let position = from; position <= to; ++position) {
      const {row, detail} = this.rowsAt(position);
      for (const element of [row, detail]) {
        if (!element) continue;
        if (after.nextSibling !== element) after.after(element);
        after = element;
      }
    }
    this.setSpaces(this.top(from), this.top(this.shown.length) - this.top(to + 1));
  }

  setSpaces(above, below) {
    for (const [space, height] of [[this.above, above], [this.below, below]]) {
      space.hidden = height <= 0;
      space.firstChild.style.height = height + "px";
    }
  }

  measure() {
    if (this.shown.length === 0) return;
    const {row} = this.rowsAt(0);
    if (!row.isConnected) this.above.after(row);
    this.rowHeight = row.getBoundingClientRect().height;
  }

  rowsAt(position) {
    const index = this.shown[position];
    let rows = this.drawn.get(index);
    if (!rows) this.drawn.set(index, rows = {row: this.makeRow(index), detail: null});
    rows.row.setAttribute("aria-rowindex", position + 2);
    rows.row.classList.toggle("current", position === this.current);
    const isOpen = this.opened.has(index);
    rows.row.querySelector("button").setAttribute("aria-expanded", String(isOpen));
    if (isOpen && !rows.detail) rows.detail = this.makeDetail(index);
    return rows;
  }

  makeRow(index) {
    const {tests} = this;
    const of = (column) => tests.columns[column][index];
    const wait = of("lock_wait") + of("service_wait");
    const button = make(
        "button", {type: "button", class: "name", title: tests.names[index]}, tests.names[index]);
    button.addEventListener("click", () => this.toggle(index));
    const notes = [tests.shard(index), ...tests.flags(index)].filter((note) => note !== "")
                      .map((note) => make("span", {class: "badge other"}, note));
    const words = tests.outcome(index).name === "passed" ? null : tests.words.get(index);
    const name = make(
        "th", {scope: "row", class: "name"}, button, ...notes,
        words ? make("span", {class: "words", title: words}, words) : null);
    return make(
        "tr", {"data-index": index},
        make("td", {class: "number"}, of("number") === noTime ? "" : String(of("number"))), name,
        make("td", {class: "outcome"}, badgeOf(tests.outcome(index))),
        make("td", {class: "wall"}, of("wall") === noTime ? "" : durationText(of("wall"))),
        make("td", {class: "wait"}, wait > 0 ? durationText(wait) : ""));
  }

  makeDetail(index) {
    const cell = make("td", {colspan: "5"});
    const detail = make("tr", {class: "detail", "data-index": index}, cell);
    showDetails(this.tests, index, cell);
    this.sizes.observe(detail);
    return detail;
  }

  // --- What a reader does -----------------------------------------------------------------------

  toggle(index) {
    const rows = this.drawn.get(index);
    if (this.opened.delete(index)) {
      if (rows?.detail) this.sizes.unobserve(rows.detail);
      rows?.detail?.remove();
      if (rows) rows.detail = null;
    } else {
      this.opened.set(index, 0);
    }
    this.current = this.shown.indexOf(index);
    this.draw();
  }

  // Moves to a position, and scrolls there if it cannot be seen.
  goTo(position) {
    if (this.shown.length === 0) return;
    this.current = Math.max(0, Math.min(position, this.shown.length - 1));
    this.draw();
    const head = byId("heads").getBoundingClientRect().bottom;
    const top = this.body.getBoundingClientRect().top + this.top(this.current);
    const room = this.rowHeight * 2;
    if (top < Math.max(head, 0))
      scrollBy(0, top - Math.max(head, 0) - room);
    else if (top + room > innerHeight)
      scrollBy(0, top + room - innerHeight);
    this.draw();
    this.drawn.get(this.shown[this.current])?.row.querySelector("button").focus({
      preventScroll: true
    });
  }

  // Shows one test, unfolded, whatever the filter is.
  reveal(index) {
    let position = this.shown.indexOf(index);
    if (position < 0) {
      this.onReveal();
      position = this.shown.indexOf(index);
    }
    if (!this.opened.has(index)) this.opened.set(index, 0);
    this.draw();
    scrollTo(
        0, scrollY + this.body.getBoundingClientRect().top + this.top(position) - innerHeight / 4);
    this.goTo(position);
  }
}
