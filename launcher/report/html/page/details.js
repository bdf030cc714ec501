// What the table shows of a test when its row is unfolded.

function fold(title, isOpen, ...inside) {
  return make("details", isOpen ? {open: ""} : {}, make("summary", {}, title), ...inside);
}

function printed(text) {
  return make("pre", {tabindex: "0"}, text);
}

function listOf(terms) {
  const list = make("dl", {class: "facts"});
  for (const [term, text] of terms) {
    if (text) list.append(make("div", {}, make("dt", {}, term), make("dd", {}, text)));
  }
  return list.childElementCount > 0 ? list : null;
}

function memoryText(kilobytes) {
  const mib = kilobytes / 1024;
  return mib < 1024 ? mib.toFixed(mib < 10 ? 1 : 0) + " MiB" : (mib / 1024).toFixed(1) + " GiB";
}

function factsOf(tests, index) {
  const of = (column) => tests.columns[column][index];
  const ran = of("attempts") > 0;
  const ended = ran && of("wall") !== noTime;
  const startedAt = new Date((tests.columns.first + of("begin") / 1e6) * 1000);
  return listOf([
    ["Shard", tests.shard(index)],
    ["Number", of("number") === noTime ? "" : String(of("number"))],
    ["Also", tests.flags(index).join(", ")],
    [
      "Started",
      ran && of("begin") !== noTime ?
          startedAt.toISOString().replace("T", " ").replace("Z", " UTC") :
          ""
    ],
    ["Took", ended ? durationText(of("wall")) : ""],
    ["CPU", ended ? durationText(of("cpu")) : ""],
    ["Memory", ended && of("memory_kb") > 0 ? memoryText(of("memory_kb")) : ""],
    ["Uses", tests.columns.uses[of("use")]],
    ["Waited for locks", of("lock_wait") > 0 ? durationText(of("lock_wait")) : ""],
    ["Waited for services", of("service_wait") > 0 ? durationText(of("service_wait")) : ""],
  ]);
}

function attemptTerms(attempt) {
  return [
    ["Note", attempt.note],
    ["Then", attempt.retry],
    ["Log", attempt.log],
    ["Scratch directory kept", attempt.scratch],
    ["Left behind", attempt.leftovers.map((left) => left.name + " (" + left.pid + ")").join(", ")],
    ["Orphan markers", attempt.orphan_markers.map((one) => one.file + " " + one.why).join("; ")],
  ];
}

function attemptsOf(test, endings) {
  if (test.attempts.length < 2) return [];
  return test.attempts.map((attempt, i) => {
    const services = attempt.services.map((one) => one.name + "#" + one.generation);
    // If there is only one, the facts of the test have what it used.
    const used = [["Locks", attempt.locks.join(", ")], ["Services", services.join(", ")]];
    return fold(
        "Attempt " + attempt.n + ": " + endings[i], false,
        listOf([...attemptTerms(attempt), ...used]));
  });
}

function findingsOf(attempt) {
  const found = Object.entries(attempt.forensics || {});
  if (found.length === 0) return null;
  const texts = found.flatMap(
      ([probe, {text, failed}]) =>
          [make("h4", {}, probe + (failed === undefined ? "" : " (not known)")),
           printed(text ?? failed)]);
  return fold("Its surroundings, as probes saw them", false, ...texts);
}

function servicesOf(attempt) {
  return (attempt.service_output || [])
      .map(
          (one) => fold(
              "Output of service " + one.name + ", generation " + one.generation, false,
              printed(one.output)));
}

function caseOf(one, outcome) {
  const took = durationText(one.wall_s * 1e6) + (one.note ? "; " + one.note : "");
  return make(
      "li", {}, badgeOf(outcome), " ", make("span", {class: "name"}, one.name), " ",
      make("span", {class: "note"}, took),
      one.output && outcome.isRed ? fold("Output of the case", false, printed(one.output)) : null);
}

function casesOf(tests, test) {
  if (test.cases.length === 0) return null;
  const outcomeOf = (one) => tests.outcomeNamed(one.outcome);
  const red = test.cases.filter((one) => outcomeOf(one).isRed);
  const cases = [...red, ...test.cases.filter((one) => !outcomeOf(one).isRed)];
  const most = 2000;
  const list =
      make("ul", {class: "cases"}, ...cases.slice(0, most).map((one) => caseOf(one, outcomeOf(one))));
  if (cases.length > most) list.append(make("li", {}, "and " + (cases.length - most) + " more"));
  return fold(
      cases.length + " cases, " + red.length + " of them went wrong", red.length > 0, list);
}

function outputOf(attempt, isRed) {
  if (attempt.output_note)
    return make("p", {class: "note"}, "No output: " + attempt.output_note + ".");
  if (!attempt.output)
    return make("p", {class: "note"}, "It printed nothing, or this page has no room for it.");
  return fold("Output", isRed, printed(attempt.output));
}

// Fills `place`. Never rejects.
async function showDetails(tests, index, place) {
  const words = tests.words.get(index);
  const isRed = tests.outcome(index).isRed;
  const facts = factsOf(tests, index);
  if (words && isRed) place.append(make("p", {class: "said"}, words));
  if (facts) place.append(facts);
  try {
    const details = await tests.details(index);
    if (!details) return;
    const {test, reason, endings} = details;
    if (reason) place.insertBefore(make("p", {class: "reason"}, reason), facts);
    const last = test.attempts.at(-1);
    const terms = last && test.attempts.length === 1 ? listOf(attemptTerms(last)) : null;
    const parts = [
      terms, casesOf(tests, test), last ? outputOf(last, isRed) : null, ...attemptsOf(test, endings),
      last ? findingsOf(last) : null, ...(last ? servicesOf(last) : [])
    ];
    place.append(...parts.filter((one) => one !== null));
  } catch (error) {
    place.append(make("p", {class: "note"}, "The details cannot be read: " + error.message));
  }
}
