#include "report/formats/json.hpp"

#include "core/service/service_spec.hpp"
#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "report/render.hpp"
#include "report/services.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json strings(const std::vector<std::string>& items) {
  Json list = Json::array();
  for (const std::string& item : items) list.push_back(valid_utf8(item));
  return list;
}

Json shard_json(const Shard& shard) {
  Json object{{"name", valid_utf8(shard.name)},        {"run", valid_utf8(shard.run.id)},
              {"complete", shard.run.complete},        {"tree", valid_utf8(shard.run.tree)},
              {"command", strings(shard.run.command)}, {"started", or_null(shard.run.started)},
              {"ended", or_null(shard.run.ended)}};
  if (!shard.part.empty()) object["shard"] = valid_utf8(shard.part);
  return object;
}

Json run_json(const RunReport& report) {
  const RunInfo& run = report.run;
  Json object;
  object["id"] = valid_utf8(run.id);
  object["complete"] = run.complete;
  object["tree"] = valid_utf8(run.tree);
  object["version"] = valid_utf8(run.version);
  object["command"] = strings(run.command);
  object["started"] = or_null(run.started);
  object["ended"] = or_null(run.ended);
  const RunTime time = run_time_of(report);
  object["jobs"] = or_null(run.jobs);
  object["utilisation"] = or_null(time.utilisation);
  object["waits"] = {{"locks_s", time.lock_wait_s}, {"services_s", time.service_wait_s}};
  object["timed_out_s"] = time.timed_out_s;
  if (time.step_cost_s) object["step_cost_s"] = *time.step_cost_s;
  object["longest_chain"] = {{"seconds", time.longest.seconds},
                             {"tests", strings(time.longest.tests)}};
  if (!run.retries.empty()) object["retries"] = valid_utf8(run.retries);
  if (run.unrecorded > 0) object["unrecorded"] = run.unrecorded;
  if (!run.has_log) object["log"] = false;
  if (run.keeper_until) object["keeper_until"] = *run.keeper_until;
  if (!run.address_in_use.empty()) object["address_in_use"] = strings(run.address_in_use);
  if (!run.ran_nothing.empty()) object["ran_nothing"] = strings(run.ran_nothing);
  if (!report.division.fingerprint.empty()) {
    object["fingerprint"] = valid_utf8(report.division.fingerprint);
    if (!report.division.shard.empty()) object["shard"] = valid_utf8(report.division.shard);
  }
  for (const Shard& shard : report.shards) object["shards"].push_back(shard_json(shard));
  if (!report.shards.empty()) object["in_several_shards"] = strings(in_several_shards(report));
  if (!report.shards.empty() && !report.division.fingerprint.empty()) {
    object["missing"] = strings(report.missing);
    object["too_often"] = strings(report.too_often);
  }
  return object;
}

Json counts_json(const Counts& counts) {
  Json object;
  object["planned"] = counts.planned;
  object["run"] = counts.run;
  object["through_holdfast"] = counts.through;
  for (const OutcomeFacts& row : k_outcome_table) {
    if (row.outcome == Outcome::deliberate_exit) continue;
    object[std::string(row.name)] = counts.shown(row.outcome);
  }
  object["flaky"] = counts.flaky;
  object["leaked"] = counts.leaked;
  object["bare"] = counts.bare;
  object["stale"] = counts.stale;
  object["deliberate_exit"] = counts.of(Outcome::deliberate_exit);
  object["orphan_markers"] = counts.orphaned;
  Json& cases = object["cases"];
  cases["planned"] = counts.cases;
  for (const OutcomeFacts& row : k_outcome_table) {
    cases[std::string(row.name)] = counts.of_cases.shown(row.outcome);
  }
  return object;
}

// The fields that attempts and build steps have in common.
template <typename Record>
void put_end(Json& object, Outcome outcome, const Record& record) {
  object["outcome"] = std::string(name_of(outcome));
  object["exit_code"] = or_null(record.exit_code);
  object["signal"] = or_null(record.signal);
  object["wall_s"] = record.wall_s;
  object["user_s"] = record.user_s;
  object["sys_s"] = record.sys_s;
  object["max_rss_kb"] = record.max_rss_kb;
}

// `printed` is what the attempt printed. A report has that only of the last attempt.
Json attempt_json(const Attempt& attempt, const Printed& printed, Outputs& outputs) {
  Json object;
  object["n"] = attempt.n;
  put_end(object, outcome_of(attempt), attempt);
  object["memory_peak_kb"] = or_null(attempt.memory_peak_kb);
  object["lock_wait_s"] = attempt.lock_wait_s;
  object["locks"] = strings(attempt.locks);
  object["service_wait_s"] = attempt.service_wait_s;
  if (!attempt.node.empty()) object["node"] = valid_utf8(attempt.node);
  if (attempt.slurm_wait_s > 0) object["slurm_wait_s"] = attempt.slurm_wait_s;
  if (attempt.lent_s > 0) object["lent_s"] = attempt.lent_s;
  object["services"] = Json::array();
  for (const std::string& text : attempt.services) {
    const HadService used = to_had_service(text);
    object["services"].push_back(
        {{"name", valid_utf8(used.name)}, {"generation", used.generation}});
  }
  object["started"] = or_null(attempt.started);
  object["ended"] = or_null(attempt.ended);
  object["flags"] = strings(attempt.flags);
  object["leftovers"] = Json::array();
  for (const Leftover& leftover : attempt.leftovers) {
    object["leftovers"].push_back({{"pid", leftover.pid}, {"name", valid_utf8(leftover.name)}});
  }
  if (attempt.marker) object["marker"] = {{"reason", valid_utf8(*attempt.marker)}};
  object["orphan_markers"] = Json::array();
  for (const OrphanMarker& one : attempt.orphan_markers) {
    object["orphan_markers"].push_back(
        {{"file", valid_utf8(one.file)}, {"why", valid_utf8(one.why)}});
  }
  if (!attempt.note.empty()) object["note"] = valid_utf8(attempt.note);
  if (!attempt.scratch.empty()) object["scratch"] = valid_utf8(attempt.scratch);
  if (attempt.verdict) object["verdict"] = std::string(name_of(*attempt.verdict));
  if (!attempt.retry.empty()) object["retry"] = valid_utf8(attempt.retry);
  if (!attempt.log.empty()) object["log"] = valid_utf8(attempt.log);
  for (const Finding& finding : attempt.forensics) {
    object["forensics"][valid_utf8(finding.probe)] = {
        {finding.failed ? "failed" : "text", valid_utf8(finding.text)}};
  }
  object["output"] = valid_utf8(printed.text);
  if (!printed.note.empty()) object["output_note"] = valid_utf8(printed.note);
  for (const ServiceOutput& part : attempt.service_outputs) {
    object["service_output"].push_back({{"name", valid_utf8(part.name)},
                                        {"instance", part.instance},
                                        {"generation", part.generation},
                                        {"output", valid_utf8(outputs.of(part))}});
  }
  return object;
}

Json case_json(const Case& one, Outputs& outputs) {
  Json object;
  object["name"] = valid_utf8(one.name);
  object["outcome"] = std::string(name_of(one.outcome));
  object["exit_code"] = or_null(one.exit_code);
  object["signal"] = or_null(one.signal);
  object["wall_s"] = one.wall_s;
  object["worker"] = one.worker == 0 ? Json(nullptr) : Json(one.worker);
  if (!one.note.empty()) object["note"] = valid_utf8(one.note);
  object["output"] = valid_utf8(outputs.of(one));
  return object;
}

Json test_json(const TestReport& test, Outputs& outputs) {
  Json object;
  object["name"] = valid_utf8(test.name);
  object["outcome"] = std::string(name_of(test.outcome));
  object["flags"] = strings(test.flags);
  object["index"] = or_null(test.index);
  object["key"] = valid_utf8(test.key);
  object["verdict"] = test.verdict ? Json(std::string(name_of(*test.verdict))) : Json(nullptr);
  if (!test.shard_name.empty()) object["shard"] = valid_utf8(test.shard_name);
  if (!test.why.empty()) object["why"] = valid_utf8(test.why);
  if (test.stale) object["stale"] = valid_utf8(test.stale_why);
  object["attempts"] = Json::array();
  for (const Attempt& attempt : test.attempts) {
    const bool is_last = &attempt == &test.attempts.back();
    object["attempts"].push_back(
        attempt_json(attempt, is_last ? outputs.of(test) : Printed(), outputs));
  }
  object["cases"] = Json::array();
  for (const Case& one : test.cases) object["cases"].push_back(case_json(one, outputs));
  return object;
}

Json service_json(const ServiceReport& service) {
  Json object;
  object["name"] = valid_utf8(service.name);
  object["instance"] = service.instance;
  object["generation"] = service.generation;
  if (!service.shard_name.empty()) object["shard"] = valid_utf8(service.shard_name);
  object["started"] = or_null(service.started);
  object["ended"] = or_null(service.ended);
  object["outcome"] = service.outcome;
  object["deaths"] = Json::array();
  for (const ServiceDeath& death : service.deaths) {
    object["deaths"].push_back({{"generation", death.generation}, {"users", strings(death.users)}});
  }
  return object;
}

Json source_json(const ChangedSource& source) {
  return {{"file", valid_utf8(source.file)},
          {"removed", source.is_removed},
          {"tests", strings(source.tests)},
          {"alone", source.was_alone}};
}

Json step_json(const RunReport& report, const StepRecord& step) {
  Json object;
  object["kind"] = valid_utf8(step.kind);
  object["target"] = valid_utf8(step.target);
  object["output"] = valid_utf8(step.output);
  if (!step.program.empty()) object["program"] = valid_utf8(step.program);
  object["language"] = valid_utf8(step.language);
  put_end(object, step.outcome.value_or(Outcome::unknown), step);
  object["slot_wait_s"] = step.slot_wait_s;
  object["attempts"] = step.attempts;
  object["ended"] = step.at;
  if (!report.shards.empty()) {
    const auto place = static_cast<std::size_t>(&step - report.steps.data());
    object["shard"] = valid_utf8(report.shards.at(shard_of_step(report, place)).name);
  }
  if (!step.note.empty()) object["note"] = valid_utf8(step.note);
  return object;
}

std::string dumped(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list in which each item has a line of its own.
template <typename Item, typename ToJson>
void write_list(std::string_view name, const std::vector<Item>& items, const Write& write,
                ToJson to_json) {
  write(fmt::format(",\n\"{}\": [", name));
  for (const Item& item : items) {
    write((&item == items.data() ? "\n" : ",\n") + dumped(to_json(item)));
  }
  write("]");
}

}  // namespace

std::string json_of(const TestReport& test, Outputs& outputs) {
  return dumped(test_json(test, outputs));
}

void render_json(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  Json run = run_json(report);
  if (selected_nothing(report)) run["outcome"] = name_of(Outcome::no_tests);
  write("{\"version\": 1,\n\"run\": " + dumped(run) +
        ",\n\"counts\": " + dumped(counts_json(report.counts)));
  write_list("tests", report.tests, write,
             [&](const TestReport& test) { return test_json(test, outputs); });
  write_list("services", report.services, write, service_json);
  write_list("steps", report.steps, write,
             [&](const StepRecord& step) { return step_json(report, step); });
  if (!report.changed_sources.empty()) {
    write_list("changed_sources", report.changed_sources, write, source_json);
  }
  if (report.more_changed_sources > 0) {
    write(fmt::format(",\n\"more_changed_sources\": {}", report.more_changed_sources));
  }
  const Json journal = {{"flaws", report.journal_flaws}, {"cut_off", report.cut_off}};
  write(",\n\"journal\": " + dumped(journal) + "}\n");
}

}  // namespace holdfast
