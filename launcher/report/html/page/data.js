"use strict";

// The data of the page. docs/reference/report-formats.md describes the blocks. All text from
// outside becomes the text of a node, and never markup.

const noTime = -1;

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function unpack(id) {
  const bytes = bytesOf(document.getElementById(id).textContent);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Each name without the start that it shares with the name before.
function namesOf(columns) {
  const names = new Array(columns.rest.length);
  let before = "";
  for (let i = 0; i < names.length; ++i) {
    before = before.slice(0, columns.shared[i]) + columns.rest[i];
    names[i] = before;
  }
  return names;
}

// All tests in columns. `words` says of some tests why they have their outcome.
class Tests {
  constructor(columns) {
    this.columns = columns;
    this.names = namesOf(columns);
    this.searched =
        this.names.map((name, index) => (name + "\n" + this.shard(index)).trim().toLowerCase());
    this.words = new Map();
    this.blocks = [];
    this.unpacked = new Map();
  }

  get length() {
    return this.names.length;
  }

  outcome(index) {
    return this.outcomeNumbered(this.columns.outcome[index]);
  }

  outcomeNumbered(number) {
    const [name, label, isRed] = this.columns.outcomes[number];
    return {name, label, isRed};
  }

  // `name`: as in the details.
  outcomeNamed(name) {
    return this.outcomeNumbered(this.columns.outcomes.findIndex((one) => one[0] === name));
  }

  // Empty: the report is of one run.
  shard(index) {
    return this.columns.shards?.[this.columns.shard[index]] ?? "";
  }

  flags(index) {
    return this.columns.flags.filter((_, bit) => this.columns.flag[index] & (1 << bit));
  }

  addWords({of, words, blocks}) {
    this.blocks = blocks;
    of.forEach((index, i) => {
      this.words.set(index, words[i]);
      this.searched[index] += "\n" + words[i].toLowerCase();
    });
  }

  // What there is to tell of a test beyond the columns; null: nothing.
  async details(index) {
    if (!this.words.has(index)) return null;
    let block = this.blocks.length - 1;
    while (block > 0 && this.blocks[block] > index) --block;
    if (!this.unpacked.has(block)) this.unpacked.set(block, unpack("details-" + block));
    return (await this.unpacked.get(block))[index];
  }
}

// As duration_text() in report/describe.cpp.
function durationText(microseconds) {
  const seconds = microseconds / 1e6;
  if (!(seconds > 0)) return "0.00 s";
  if (seconds < 10) return seconds.toFixed(2) + " s";
  if (seconds < 60) return seconds.toFixed(1) + " s";
  const minutes = Math.floor(seconds / 60);
  return minutes + " min " + Math.floor(seconds - minutes * 60) + " s";
}

// An element. `about` has its attributes; the rest are nodes or texts inside it.
function make(tag, about, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one !== null));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

// By which the style colours an outcome.
function gradeOf({name, isRed}) {
  return isRed ? "red" : name === "passed" ? "good" : "other";
}

function badgeOf(outcome) {
  const {label} = outcome;
  return make(
      "strong", {class: "badge " + gradeOf(outcome)}, label[0].toUpperCase() + label.slice(1));
}

// A function that calls `draw` before the next frame, once however often it is called until then.
function beforeNextFrame(draw) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      draw();
    });
  };
}
