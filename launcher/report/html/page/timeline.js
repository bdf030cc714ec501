// The timeline: lanes of build steps, tests and services on a canvas. The tables beside it say the
// same of what is longest.

const groupsOfTimeline = [["steps", "Build steps"], ["tests", "Tests"], ["services", "Services"]];

function counted(number, plural) {
  return number + " " + (number === 1 ? plural.slice(0, -1) : plural);
}

class Timeline {
  constructor(tests, data, onChosen) {
    this.tests = tests;
    this.onChosen = onChosen;
    this.canvas = byId("timeline-view");
    this.context = this.canvas.getContext("2d");
    this.groups = groupsOfTimeline.map(([key, title]) => this.groupOf(data[key], key, title))
                      .filter((group) => group.length > 0);
    this.end = Math.max(1, ...this.groups.map((group) => group.end));
    this.from = 0;
    this.to = this.end;
    this.drawSoon = beforeNextFrame(() => this.draw());
    if (this.groups.length === 0) return;
    this.describe();
    this.listen();
    this.addLegend();
    byId("timeline-part").hidden = false;
    this.draw();
  }

  groupOf(data, key, title) {
    const group = {key, title, data, length: data.jobs, lanes: 0, end: 0};
    group.shards = data.laneNames.map((name, i) => ({name, lanes: data.lanes[i]}))
                       .filter(({lanes}) => lanes > 0);
    group.begin = new Float64Array(data.jobs);
    group.ends = new Float64Array(data.jobs);
    let begin = 0;
    for (let i = 0; i < data.jobs; ++i) {
      begin += data.begin[i];
      group.begin[i] = begin;
      group.ends[i] = begin + data.wait[i] + data.service_wait[i] + data.work[i];
      group.lanes = Math.max(group.lanes, data.lane[i]);
      group.end = Math.max(group.end, group.ends[i]);
    }
    return group;
  }

  describe() {
    const parts = this.groups.map(
        (group) => counted(group.length, group.key === "services" ?
                "service generations" : group.title.toLowerCase()) +
            " in " + counted(group.lanes, "lanes"));
    const waits =
        this.groups.reduce((sum, {data}) => sum + data.wait.filter((wait) => wait > 0).length, 0);
    this.canvas.setAttribute(
        "aria-label",
        "Timeline over " + durationText(this.end) + ": " + parts.join(", ") + "; " + waits +
            " waited. The tables below name the slowest tests and the longest waits.");
  }

  // --- Drawing ----------------------------------------------------------------------------------

  // By their names in the style.
  colours() {
    const style = getComputedStyle(document.documentElement);
    const names =
        ["ink", "faint", "line", "bar-good", "bar-red", "bar-other", "bar-wait", "on-bar"];
    return Object.fromEntries(
        names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  }

  draw() {
    const {canvas, context} = this;
    const lanes = this.groups.reduce((sum, group) => sum + group.lanes, 0);
    this.laneHeight = Math.max(3, Math.min(22, Math.floor(440 / lanes)));
    const titleHeight = 22;
    const isNamed = (group) => group.shards.some(({name}) => name !== "");
    const shardHeight = this.groups.some(isNamed) ? 18 : 0;
    const shards = this.groups.reduce((sum, group) => sum + group.shards.length, 0);
    const axisHeight = 22;
    this.width = canvas.clientWidth;
    const height = lanes * this.laneHeight + this.groups.length * titleHeight +
        shards * shardHeight + axisHeight;
    const scale = devicePixelRatio || 1;
    canvas.style.height = height + "px";
    canvas.width = Math.round(this.width * scale);
    canvas.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    const colours = this.colours();
    this.drawAxis(colours, height, axisHeight);
    let y = axisHeight;
    for (const group of this.groups) {
      context.fillStyle = colours.faint;
      context.fillText(group.title, 2, y + titleHeight / 2 + 2);
      y = this.placeLanes(group, y + titleHeight, shardHeight);
      this.drawGroup(group, colours);
    }
  }

  // Puts the lanes of each shard and node below their name. Returns where the next group begins.
  placeLanes(group, y, shardHeight) {
    group.laneTops = [-1];  // lanes count from 1
    for (const {name, lanes} of group.shards) {
      this.context.fillText(name, 12, y + shardHeight / 2 + 1);
      y += shardHeight;
      for (let i = 0; i < lanes; ++i, y += this.laneHeight) group.laneTops.push(y);
    }
    return y;
  }

  x(time) {
    return (time - this.from) / (this.to - this.from) * this.width;
  }
  timeAt(x) {
    return this.from + x / this.width * (this.to - this.from);
  }

  drawAxis(colours, height, axisHeight) {
    const {context} = this;
    const least = (this.to - this.from) / Math.max(2, this.width / 110);
    let step = 10 ** Math.floor(Math.log10(least));
    for (const factor of [2, 2.5, 2])
      if (step < least) step *= factor;
    const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / 1e6) - 1e-9)));
    context.strokeStyle = colours.line;
    context.fillStyle = colours.faint;
    context.beginPath();
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) {
      const x = Math.round(this.x(time)) + 0.5;
      context.moveTo(x, axisHeight);
      context.lineTo(x, height);
      const text = (time / 1e6).toFixed(digits) + " s";
      if (x + context.measureText(text).width + 3 < this.width)
        context.fillText(text, x + 3, axisHeight / 2);
    }
    context.stroke();
  }

  outcomeOf(group, i) {
    if (group.key === "services") return "other";
    const grade = gradeOf(this.tests.outcomeNumbered(group.data.outcome[i]));
    return group.key === "steps" && grade === "good" ? "other" : grade;
  }

  // What is narrower than a pixel is drawn once per pixel, and what went wrong over the rest.
  drawGroup(group, colours) {
    const last = new Float64Array(group.lanes + 1).fill(-1);
    const red = [];
    for (let i = 0; i < group.length; ++i) {
      const {data} = group;
      const end = group.ends[i];
      if (end < this.from || group.begin[i] > this.to) continue;
      if (this.outcomeOf(group, i) === "red") {
        red.push(i);
        continue;
      }
      const right = Math.floor(this.x(end));
      if (right <= last[data.lane[i]]) continue;
      last[data.lane[i]] = right;
      this.drawJob(group, i, colours);
    }
    for (const i of red) this.drawJob(group, i, colours);
  }

  drawJob(group, i, colours) {
    const {context} = this;
    const {data} = group;
    const y = group.laneTops[data.lane[i]];
    const height = Math.max(2, this.laneHeight - 2);
    const waits = data.wait[i] + data.service_wait[i];
    const work = group.begin[i] + waits;
    if (waits > 0) {
      // A wait is thin, so that no colour is needed to tell it.
      const left = this.x(group.begin[i]);
      context.fillStyle = colours["bar-wait"];
      context.fillRect(left, y + height / 2 - 1.5, Math.max(1, this.x(work) - left), 3);
    }
    const left = Math.max(-2, this.x(work));
    const right = Math.min(this.width + 2, this.x(group.ends[i]));
    const width = Math.max(right - left - (right - left > 4 ? 1 : 0), 1.5);
    const outcome = this.outcomeOf(group, i);
    context.fillStyle = colours["bar-" + outcome];
    context.fillRect(left, y, width, height);
    if (group.key === "services") this.drawDeaths(group, i, y, height, colours);
    // A cross tells a failure from a pass.
    const text = (outcome === "red" ? "\u2715 " : "") + this.nameOf(group, i);
    if (width > 26 && height >= 11)
      this.drawText(text, left + 5, y + height / 2 + 0.5, width - 8, colours["on-bar"]);
  }

  drawDeaths(group, i, y, height, colours) {
    for (const [, at] of group.data.deaths[i]) {
      this.context.fillStyle = colours.ink;
      this.context.fillRect(this.x(at) - 1, y - 1, 2, height + 2);
    }
  }

  drawText(text, x, y, width, colour) {
    const {context} = this;
    context.save();
    context.beginPath();
    context.rect(x - 1, y - 12, width, 24);
    context.clip();
    context.fillStyle = colour;
    context.fillText(text, x, y);
    context.restore();
  }

  nameOf(group, i) {
    return group.key === "tests" ? this.tests.names[group.data.of[i]] : group.data.name[i];
  }

  addLegend() {
    const add = (kind, text) =>
        byId("legend").append(make("li", {}, make("span", {class: "key " + kind}), text));
    add("good", "passed");
    add("red", "went wrong, with a cross");
    add("other", "skipped, a build step, a service");
    add("wait", "a thin line: waits for locks, services or a slot");
    if (this.groups.some(
            (group) =>
                group.key === "services" && group.data.deaths.some((list) => list.length > 0)))
      add("death", "a generation of the service was lost");
  }

  // --- What a reader does -----------------------------------------------------------------------

  listen() {
    const {canvas} = this;
    new ResizeObserver(() => {
      if (canvas.clientWidth !== this.width) this.drawSoon();
    }).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.drawSoon);
    byId("zoom-in").addEventListener("click", () => this.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => this.zoom(2));
    byId("zoom-all").addEventListener("click", () => this.zoom(Infinity));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;  // the page scrolls
      event.preventDefault();
      const by = event.deltaY || event.deltaX;
      if (event.ctrlKey)
        this.zoom(by > 0 ? 1.25 : 0.8, this.timeAt(event.offsetX));
      else
        this.move(by / this.width * (this.to - this.from));
    }, {passive: false});
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const step = (this.to - this.from) / 5;
    const actions = {
      ArrowLeft: () => this.move(-step),
      ArrowRight: () => this.move(step),
      "+": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      "0": () => this.zoom(Infinity)
    };
    if (!actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
  }

  zoom(factor, around = (this.from + this.to) / 2) {
    const span = Math.min(this.end, Math.max(10, (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.from = around - share * span;
    this.to = this.from + span;
    this.move(0);
  }

  move(by) {
    const span = this.to - this.from;
    this.from = Math.max(0, Math.min(this.end - span, this.from + by));
    this.to = this.from + span;
    this.drawSoon();
  }

  grab(event) {
    const {canvas} = this;
    const start = {x: event.clientX, from: this.from, moved: false};
    canvas.setPointerCapture(event.pointerId);
    const onMove = (move) => {
      if (Math.abs(move.clientX - start.x) > 3) start.moved = true;
      if (!start.moved) return;
      const span = this.to - this.from;
      this.from = start.from;
      this.to = this.from + span;
      this.move((start.x - move.clientX) / this.width * span);
    };
    const released = new AbortController();
    const on = (type, act) => canvas.addEventListener(type, act, {signal: released.signal});
    on("pointermove", onMove);
    on("pointerup", () => {
      const found = start.moved ? null : this.at(event.offsetX, event.offsetY);
      if (found?.group.key === "tests") this.onChosen(found.group.data.of[found.i]);
    });
    // The browser may take the pointer away, to scroll the page, say.
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
      on(end, () => released.abort());
  }

  point(event) {
    const found = this.at(event.offsetX, event.offsetY);
    byId("timeline-says").textContent = found ? this.textOf(found) : "";
  }

  at(x, y) {
    const time = this.timeAt(x);
    const near = this.timeAt(x + 2) - time;
    for (const group of this.groups) {
      const lane = group.laneTops.findIndex(
          (top, index) => index > 0 && y >= top && y < top + this.laneHeight);
      if (lane < 1) continue;
      const {data} = group;
      for (let i = 0; i < group.length && group.begin[i] <= time + near; ++i) {
        if (data.lane[i] !== lane) continue;
        if (time <= group.ends[i] + near) return {group, i};
      }
    }
    return null;
  }

  textOf({group, i}) {
    const {data} = group;
    let text = this.nameOf(group, i) + ": " + durationText(data.work[i]);
    const isService = group.key === "services";
    if (data.attempt[i] > 0 && !isService) text += ", attempt " + (data.attempt[i] + 1);
    if (data.outcome) text += ", " + this.tests.outcomeNumbered(data.outcome[i]).label;
    if (data.wait[i] > 0) text += ", waited " + durationText(data.wait[i]);
    if (data.service_wait[i] > 0)
      text += (isService ? ", started within " : ", waited for services ") + durationText(data.service_wait[i]);
    for (const [generation, at] of data.deaths?.[i] ?? [])
      text += ", generation " + generation + " was lost at " + durationText(at);
    return text;
  }
}
