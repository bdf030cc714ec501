// Each field of a report that a reader is to see is in each format that has a place for it, in a
// report of one run and in one of several shards.
//
// A field is changed, and nothing else. The formats whose texts are then different are those that
// show it. A field that a renderer or the merge drops is in none.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/bundle/merge.hpp"
#include "report/rendered.hpp"
#include "report/run_report.hpp"

namespace holdfast {
namespace {

Attempt attempt(std::int64_t n, Outcome outcome) {
  Attempt one;
  one.attempt = "1-r." + std::to_string(n);
  one.test = "db.insert";
  one.n = n;
  one.outcome = outcome;
  one.has_ended = true;
  one.started = 1000.0 + static_cast<double>(n);
  one.ended = 1000.5 + static_cast<double>(n);
  one.at = *one.ended;
  one.wall_s = 0.5;
  one.exit_code = outcome == Outcome::passed ? 0 : 3;
  one.log = "attempt-" + std::to_string(n) + ".log";
  one.service_outputs = {{"db " + std::to_string(n), 0, n, "/db.log", 0, 0, {}, 0}};
  return one;
}

RunReport sample() {
  RunReport report;
  report.run.id = "7-r";
  report.run.tree = "/b";
  report.run.version = "0.1.0";
  report.run.command = {"ctest", "-j2"};
  report.run.complete = true;
  report.run.jobs = 2;
  report.run.started = 1000;
  report.run.ended = 1010;
  TestReport test;
  test.name = "db.insert";
  test.key = "k";
  test.index = 1;
  test.outcome = Outcome::failed;
  test.verdict = Verdict::failed;
  test.attempts = {attempt(1, Outcome::failed), attempt(2, Outcome::failed)};
  test.executions = 1;
  TestReport batch = test;
  batch.name = "batch";
  batch.key = "b";
  batch.index = 2;
  batch.attempts = {attempt(1, Outcome::failed)};
  batch.cases = {{"Suite.case", Outcome::failed, 1, {}, 0.25, {}, "", 1, 0}};
  report.tests = {test, batch};
  ServiceReport service;
  service.name = "db";
  service.generation = 2;
  service.started = 1000;
  service.ended = 1009;
  service.outcome = "ended";
  service.deaths = {{1, {"db.insert"}, 1002}};
  service.generations = {{1, 1000, 1000.1, 1002}, {2, 1002, 1002.1, 1009}};
  report.services = {service};
  StepRecord step;
  step.at = 1001;
  step.kind = "compile";
  step.target = "app";
  step.output = "a.o";
  step.language = "CXX";
  step.outcome = Outcome::passed;
  step.exit_code = 0;
  step.wall_s = 1;
  step.attempts = 1;
  report.steps = {step};
  return report;
}

using Render = std::string (*)(const RunReport& report, Outputs& outputs);

template <Format format>
std::string in_format(const RunReport& report, Outputs& outputs) {
  return text_of_report(report, format, outputs);
}
std::string summary(const RunReport& report, Outputs&) { return render_summary(report); }
std::string page_of_job(const RunReport& report, Outputs& outputs) {
  return github_summary(report, outputs, 1U << 20U);
}

std::string rendered(RunReport report, Render render) {
  report.counts = count(report.tests);
  MadeUpOutputs outputs({}, "printed\n");
  return render(report, outputs);
}

// As the first shard of two.
std::string merged(RunReport report, Render render) {
  RunReport other = sample();
  other.run.id = "8-r";
  other.run.started = 2000;
  report.counts = count(report.tests);
  other.counts = count(other.tests);
  std::vector<NamedReport> shards;
  for (RunReport* one : {&report, &other}) {
    const std::string name = "shard " + std::to_string(shards.size());
    shards.push_back({name,
                      {std::move(*one), std::make_unique<MadeUpOutputs>(
                                            std::map<std::string, std::string>(), "printed\n")}});
  }
  const Result<LoadedReport> all = merge_shards(std::move(shards));
  if (!all) return "not merged";
  return render(all->report, *all->outputs);
}

// A letter for each text that is made of a report, small for a run, capital for shards.
constexpr char k_summary = 's';  // only of a run
constexpr std::pair<char, Render> k_texts[] = {
    {'j', in_format<Format::json>},
    {'t', in_format<Format::text>},
    {'x', in_format<Format::junit>},
    {'h', in_format<Format::html>},
    {'g', in_format<Format::github>},
    {'p', in_format<Format::trace>},
    {'a', in_format<Format::tap>},
    {'m', page_of_job},
    {k_summary, summary},
};

using Change = void (*)(RunReport& report);

// The texts of sample(): of a run, and of shards.
const std::map<char, std::pair<std::string, std::string>>& unchanged() {
  static const auto texts = [] {
    std::map<char, std::pair<std::string, std::string>> made;
    for (const auto& [letter, render] : k_texts)
      made[letter] = {rendered(sample(), render), merged(sample(), render)};
    return made;
  }();
  return texts;
}

std::string shown_by(Change change) {
  RunReport changed = sample();
  change(changed);
  std::string letters;
  for (const auto& [letter, render] : k_texts) {
    const auto& [of_run, of_shards] = unchanged().at(letter);
    if (rendered(changed, render) != of_run) letters += letter;
    if (letter != k_summary && merged(changed, render) != of_shards) {
      letters += static_cast<char>(letter - 'a' + 'A');
    }
  }
  return letters;
}

struct Row {
  const char* field;
  Change change;
  const char* shown;
};

#define CHANGE(...) [](RunReport& r) { __VA_ARGS__; }

const Row k_rows[] = {
    {"run.id", CHANGE(r.run.id = "9-r"), "jJtTxXhHGpM"},
    {"run.tree", CHANGE(r.run.tree = "/other"), "jJtTxhH"},
    {"run.version", CHANGE(r.run.version = "0.2.0"), "jJxXhH"},
    {"run.command", CHANGE(r.run.command.push_back("-R")), "jJtThH"},
    {"run.inside", CHANGE(r.run.inside = "1-outer"), ""},
    {"run.log", CHANGE(r.run.log = "debug"), "h"},
    {"run.complete", CHANGE(r.run.complete = false), "jJtTxXhHgGpPaAmM"},
    {"run.retries", CHANGE(r.run.retries = "1 further attempt"), "jJhHs"},
    {"run.unrecorded", CHANGE(r.run.unrecorded = 3), "jJtThHgGmMs"},
    {"run.keeper_until", CHANGE(r.run.keeper_until = 1005), "jJtThHs"},
    {"run.has_log", CHANGE(r.run.has_log = false), "jJtThH"},
    {"run.address_in_use", CHANGE(r.run.address_in_use = {"db.insert"}), "jJtThHs"},
    {"run.ran_nothing", CHANGE(r.run.ran_nothing = {"db.insert"}), "jJtThHs"},
    {"run.jobs", CHANGE(r.run.jobs = 7), "jthms"},
    {"run.started", CHANGE(r.run.started = 990), "jJtTxXhHmMs"},
    {"run.ended", CHANGE(r.run.ended = 2990), "jJtThHmMs"},
    {"division.fingerprint", CHANGE(r.division.fingerprint = "f"), "jJ"},
    {"changed_sources", CHANGE((r.changed_sources = {{"a.c", true, {"db.insert"}, true}})),
     "jJtThHs"},
    {"more_changed_sources", CHANGE(r.more_changed_sources = 4), "jJtThHs"},
    {"journal_flaws", CHANGE(r.flaws = 2), "jJtThH"},
    {"complaints", CHANGE((r.flaws = 1, r.complaints = {{4, "torn"}})), "jJtThH"},
    {"cut_off", CHANGE(r.cut_off = true), "jJ"},
    {"test.name", CHANGE(r.tests[0].name = "db.delete"), "jJtTxXhHgGpPaAmMs"},
    {"test.key", CHANGE(r.tests[0].key = "other"), "jJhH"},
    {"test.index", CHANGE(r.tests[0].index = 5), "jJhH"},
    {"test.outcome", CHANGE(r.tests[0].outcome = Outcome::crashed), "jJtTxXhHgGaAmMs"},
    {"test.verdict", CHANGE(r.tests[0].verdict = Verdict::passed), "jJhH"},
    {"test.flaky", CHANGE((r.tests[0].flaky = true, r.tests[0].outcome = Outcome::passed)),
     "jJtTxXhHgGaAmMs"},
    {"test.leaked", CHANGE(r.tests[0].leaked = true), "jJtTxXhHgGmMs"},
    {"test.stale", CHANGE((r.tests[0].stale = true, r.tests[0].stale_why = "rebuilt")),
     "jJtTxXhHgGaAmMs"},
    {"test.orphaned", CHANGE(r.tests[0].orphaned = true), "jJtThHgGmMs"},
    {"test.bare", CHANGE(r.tests[0].bare = true), "jJtThHms"},
    {"test.why", CHANGE((r.tests[0].outcome = Outcome::not_run, r.tests[0].why = "disabled")),
     "jJtTxXhHgGaAmMs"},
    {"test.flags", CHANGE(r.tests[0].flags = {"leaked"}), "jJxXhHaA"},
    {"attempt.outcome", CHANGE(r.tests[0].attempts[0].outcome = Outcome::timed_out), "jJtxXhHpPms"},
    {"attempt.exit_code", CHANGE(r.tests[0].attempts[0].exit_code = 77), "jJxXhHpP"},
    {"attempt.signal",
     CHANGE((r.tests[0].attempts[0].exit_code = {}, r.tests[0].attempts[0].signal = 6)),
     "jJxXhHpP"},
    {"attempt.wall_s", CHANGE(r.tests[0].attempts[1].wall_s = 4), "jJtTxXhHgGpPaAmMs"},
    {"attempt.user_s", CHANGE(r.tests[0].attempts[1].user_s = 4), "jJhH"},
    {"attempt.sys_s", CHANGE(r.tests[0].attempts[1].sys_s = 4), "jJhH"},
    {"attempt.max_rss_kb", CHANGE(r.tests[0].attempts[1].max_rss_kb = 4096), "jJhH"},
    {"attempt.memory_peak_kb", CHANGE(r.tests[0].attempts[1].memory_peak_kb = 4096), "jJhH"},
    {"attempt.lock_wait_s", CHANGE(r.tests[0].attempts[1].lock_wait_s = 4), "jJtTxXhHpPms"},
    {"attempt.service_wait_s", CHANGE(r.tests[0].attempts[1].service_wait_s = 4), "jJthHpPms"},
    {"attempt.slurm_wait_s", CHANGE(r.tests[0].attempts[1].slurm_wait_s = 4), "jJhHpP"},
    {"attempt.node", CHANGE(r.tests[0].attempts[1].node = "node-3"), "jJtxXhHpPms"},
    {"attempt.lent_s", CHANGE(r.tests[0].attempts[1].lent_s = 4), "jJthHms"},
    {"attempt.services", CHANGE(r.tests[0].attempts[1].services = {"db#2"}), "jJhH"},
    {"attempt.locks", CHANGE(r.tests[0].attempts[1].locks = {"db@project"}), "jJhH"},
    {"attempt.flags", CHANGE(r.tests[0].attempts[1].flags = {"orphan_marker"}), "jJhH"},
    {"attempt.leftovers",
     CHANGE((r.tests[0].leaked = true, r.tests[0].attempts[1].leftovers = {{12, "sleep"}})),
     "jJtTxXhHgGmMs"},
    {"attempt.scratch", CHANGE(r.tests[0].attempts[1].scratch = "/b/scratch"), "jJtTxXhH"},
    {"attempt.marker", CHANGE(r.tests[0].attempts[1].marker = "no server"), "jJtTxXhHgGaAmM"},
    {"attempt.orphan_markers",
     CHANGE((r.tests[0].orphaned = true,
             r.tests[0].attempts[1].orphan_markers = {{"exit-9", "of another"}})),
     "jJtTxXhHgGmMs"},
    {"attempt.verdict", CHANGE(r.tests[0].attempts[1].verdict = Verdict::failed), "jJhH"},
    {"attempt.retry", CHANGE(r.tests[0].attempts[0].retry = "tried again"), "jJtThH"},
    {"attempt.forensics",
     CHANGE(r.tests[0].attempts[1].forensics.push_back({"git", false, "clean"})), "jJtThH"},
    {"attempt.note", CHANGE(r.tests[0].attempts[1].note = "killed for memory"), "jJtTxXhHgGaAmM"},
    {"attempt.service_outputs of the first", CHANGE(r.tests[0].attempts[0].service_outputs.clear()),
     "jJhH"},
    {"attempt.service_outputs of the last", CHANGE(r.tests[0].attempts[1].service_outputs.clear()),
     "jJtTxXhH"},
    {"case.name", CHANGE(r.tests[1].cases[0].name = "Suite.other"), "jJtTxXhHgGaAmM"},
    {"case.outcome", CHANGE(r.tests[1].cases[0].outcome = Outcome::crashed), "jJtTxXhHgGaAmMs"},
    {"case.exit_code", CHANGE(r.tests[1].cases[0].exit_code = 9), "jJtTxXhHgGaAmM"},
    {"case.signal", CHANGE((r.tests[1].cases[0].exit_code = {}, r.tests[1].cases[0].signal = 6)),
     "jJtTxXhHgGaAmM"},
    {"case.wall_s", CHANGE(r.tests[1].cases[0].wall_s = 9), "jJtTxXhHgGaAmM"},
    {"case.worker", CHANGE(r.tests[1].cases[0].worker = 3), "jJhH"},
    {"case.note", CHANGE(r.tests[1].cases[0].note = "said so"), "jJtTxXhHgGaAmM"},
    {"service.name", CHANGE(r.services[0].name = "web"), "jJtThHpPmMs"},
    {"service.instance", CHANGE(r.services[0].instance = 2), "jJtThHpPmMs"},
    {"service.generation", CHANGE(r.services[0].generation = 3), "jJ"},
    {"service.started", CHANGE(r.services[0].started = 1001), "jJ"},
    {"service.ended", CHANGE(r.services[0].ended = 1008), "jJ"},
    {"service.outcome", CHANGE(r.services[0].outcome = "died"), "jJpP"},
    {"service.deaths", CHANGE(r.services[0].deaths[0].users = {"other"}), "jJtThHmMs"},
    {"service.generations", CHANGE(r.services[0].generations[1].ready = 1003), "hHpP"},
    {"step.kind", CHANGE(r.steps[0].kind = "link"), "jJtThHpP"},
    {"step.target", CHANGE(r.steps[0].target = "lib"), "jJ"},
    {"step.output", CHANGE(r.steps[0].output = "b.o"), "jJtThHpP"},
    {"step.program", CHANGE(r.steps[0].program = "/usr/bin/c++"), "jJTH"},
    {"step.language", CHANGE(r.steps[0].language = "C"), "jJ"},
    {"step.outcome", CHANGE((r.steps[0].outcome = Outcome::failed, r.steps[0].exit_code = 1)),
     "jJtThHpP"},
    {"step.wall_s", CHANGE(r.steps[0].wall_s = 0.5), "jJtThHpP"},
    {"step.max_rss_kb", CHANGE(r.steps[0].max_rss_kb = 1 << 20), "jJtThH"},
    {"step.slot_wait_s", CHANGE(r.steps[0].slot_wait_s = 3), "jJtThHpP"},
    {"step.attempts", CHANGE(r.steps[0].attempts = 2), "jJtThH"},
    {"step.note", CHANGE(r.steps[0].note = "once more"), "jJ"},
};

TEST(EveryField, IsShownWhereAReaderLooksForIt) {
  for (const Row& row : k_rows) EXPECT_EQ(shown_by(row.change), row.shown) << row.field;
}

}  // namespace
}  // namespace holdfast
