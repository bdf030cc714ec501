#include "report/render.hpp"

#include "command/json.hpp"
#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "report/time/run_time.hpp"
#include "values/fields.hpp"
#include "values/service_spec.hpp"

#include <fmt/format.h>
#include <concepts>

namespace holdfast {
namespace {

// One overload for each kind of value. One that is not known is null.
Json value_of(std::integral auto number) { return number; }
Json value_of(double number) { return number; }
Json value_of(const std::string& text) { return valid_utf8(text); }
Json value_of(Outcome outcome) { return name_of(outcome); }
Json value_of(Verdict verdict) { return name_of(verdict); }

template <typename T>
Json value_of(const std::optional<T>& value) {
  return value ? Json(value_of(*value)) : Json(nullptr);
}

Json value_of(const std::vector<std::string>& texts) { return json_list(texts, valid_utf8); }

Json value_of(const kinds::Marker& reason) { return {{"reason", valid_utf8(*reason)}}; }

template <wire::Listed T>
Json value_of(const std::vector<T>& items) {
  return json_list(items, [](const T& item) {
    Json object;
    each_field(item, [&](const char* name, const auto& value) { object[name] = value_of(value); });
    return object;
  });
}

Json value_of(const std::vector<Finding>& findings) {
  Json object;
  for (const Finding& one : findings) {
    object[valid_utf8(one.probe)] = {{one.failed ? "failed" : "text", valid_utf8(one.text)}};
  }
  return object;
}

// The fields of a record, in the order of the journal. `after` adds what stands behind a field.
template <typename Record, typename After>
void put_fields(Json& object, const Record& record, After after) {
  const Record nothing{};
  FieldsOf<Record>::each([&](const char* name, auto member, When when) {
    const bool is_left_out =
        when == When::whose || (when == When::if_said && !is_said(record.*member, nothing.*member));
    if (!is_left_out) object[name] = value_of(record.*member);
    after(std::string_view(name));
  });
}

// Moves the field to the end of the object, if it has one.
void put_last(Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return;
  Json value = std::move(*found);
  object.erase(found);
  object[name] = std::move(value);
}

Json shard_json(const Shard& shard) {
  Json object{{"name", valid_utf8(shard.name)},         {"run", valid_utf8(shard.run.id)},
              {"complete", shard.run.complete},         {"tree", valid_utf8(shard.run.tree)},
              {"command", value_of(shard.run.command)}, {"started", value_of(shard.run.started)},
              {"ended", value_of(shard.run.ended)}};
  if (!shard.part.empty()) object["shard"] = valid_utf8(shard.part);
  return object;
}

Json run_json(const RunReport& report) {
  const RunInfo& run = report.run;
  const RunTime time = run_time_of(report);
  Json object{{"id", valid_utf8(run.id)},
              {"complete", run.complete},
              {"tree", valid_utf8(run.tree)},
              {"version", valid_utf8(run.version)},
              {"command", value_of(run.command)},
              {"started", value_of(run.started)},
              {"ended", value_of(run.ended)},
              {"jobs", value_of(run.jobs)},
              {"utilisation", value_of(time.utilisation)},
              {"waits", {{"locks_s", time.lock_wait_s}, {"services_s", time.service_wait_s}}},
              {"timed_out_s", time.timed_out_s}};
  if (time.step_cost_s) object["step_cost_s"] = *time.step_cost_s;
  object["longest_chain"] = {{"seconds", time.longest.seconds},
                             {"tests", value_of(time.longest.tests)}};
  put_fields<RunEnded>(object, run, [](std::string_view) {});
  if (!report.division.fingerprint.empty()) {
    object["fingerprint"] = valid_utf8(report.division.fingerprint);
    if (!report.division.shard.empty()) object["shard"] = valid_utf8(report.division.shard);
  }
  for (const Shard& shard : report.shards) object["shards"].push_back(shard_json(shard));
  if (!report.shards.empty()) object["in_several_shards"] = value_of(in_several_shards(report));
  if (!report.shards.empty() && !report.division.fingerprint.empty()) {
    object["missing"] = value_of(report.missing);
    object["too_often"] = value_of(report.too_often);
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

Json service_used(const std::string& text) {
  const AcquiredService used = to_had_service(text);
  return {{"name", valid_utf8(used.name)}, {"generation", used.generation}};
}

// `printed` is what the attempt printed. A report has that only of the last attempt.
Json attempt_json(const Attempt& attempt, const Printed& printed, Outputs& outputs) {
  Json object;
  // Some fields have another place here than in the journal.
  put_fields<AttemptEnded>(object, attempt, [&](std::string_view name) {
    if (name == "outcome") object["outcome"] = value_of(outcome_of(attempt));
    if (name == "lock_wait_s") object["locks"] = value_of(attempt.locks);
    if (name == "node") put_last(object, "slurm_wait_s");
    if (name == "services") {
      object["services"] = json_list(attempt.services, service_used);
      object["started"] = value_of(attempt.started);
      object["ended"] = value_of(attempt.ended);
    }
    if (name == "orphan_markers") {
      if (!attempt.note.empty()) object["note"] = valid_utf8(attempt.note);
      put_last(object, "scratch");
    }
  });
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
  Json object{{"name", valid_utf8(one.name)},
              {"outcome", value_of(one.outcome)},
              {"exit_code", value_of(one.exit_code)},
              {"signal", value_of(one.signal)},
              {"wall_s", one.wall_s},
              {"worker", one.worker == 0 ? Json(nullptr) : Json(one.worker)}};
  if (!one.note.empty()) object["note"] = valid_utf8(one.note);
  object["output"] = valid_utf8(outputs.of(one));
  return object;
}

Json test_json(const TestReport& test, Outputs& outputs) {
  Json object{{"name", valid_utf8(test.name)}, {"outcome", value_of(test.outcome)},
              {"flags", value_of(test.flags)}, {"index", value_of(test.index)},
              {"key", valid_utf8(test.key)},   {"verdict", value_of(test.verdict)}};
  if (!test.shard_name.empty()) object["shard"] = valid_utf8(test.shard_name);
  if (!test.why.empty()) object["why"] = valid_utf8(test.why);
  if (test.stale) object["stale"] = valid_utf8(test.stale_why);
  object["attempts"] = json_list(test.attempts, [&](const Attempt& attempt) {
    const bool is_last = &attempt == &test.attempts.back();
    return attempt_json(attempt, is_last ? outputs.of(test) : Printed(), outputs);
  });
  object["cases"] = json_list(test.cases, [&](const Case& one) { return case_json(one, outputs); });
  return object;
}

Json service_json(const ServiceReport& service) {
  Json object{{"name", valid_utf8(service.name)},
              {"instance", service.instance},
              {"generation", service.generation}};
  if (!service.shard_name.empty()) object["shard"] = valid_utf8(service.shard_name);
  object["started"] = value_of(service.started);
  object["ended"] = value_of(service.ended);
  object["outcome"] = service.outcome;
  object["deaths"] = json_list(service.deaths, [](const ServiceDeath& death) {
    return Json{{"generation", death.generation}, {"users", value_of(death.users)}};
  });
  return object;
}

Json source_json(const ChangedSource& source) {
  return {{"file", valid_utf8(source.file)},
          {"removed", source.is_removed},
          {"tests", value_of(source.tests)},
          {"alone", source.was_alone}};
}

Json step_json(const RunReport& report, const StepRecord& step) {
  Json object;
  put_fields(object, step, [&](std::string_view name) {
    if (name == "outcome") object["outcome"] = value_of(step.outcome.value_or(Outcome::unknown));
    if (name != "attempts") return;
    object["ended"] = step.at;
    if (report.shards.empty()) return;
    const auto place = static_cast<std::size_t>(&step - report.steps.data());
    object["shard"] = valid_utf8(report.shards.at(shard_of_step(report, place)).name);
  });
  return object;
}

// A list in which each item has a line of its own.
template <typename Item, typename ToJson>
void write_list(std::string_view name, const std::vector<Item>& items, const Write& write,
                ToJson to_json) {
  write(fmt::format(",\n\"{}\": [", name));
  for (const Item& item : items) {
    write((&item == items.data() ? "\n" : ",\n") + compact(to_json(item)));
  }
  write("]");
}

}  // namespace

std::string json_of(const TestReport& test, Outputs& outputs) {
  return compact(test_json(test, outputs));
}

void render_json(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  Json run = run_json(report);
  if (selected_nothing(report)) run["outcome"] = name_of(Outcome::no_tests);
  write("{\"version\": 1,\n\"run\": " + compact(run) +
        ",\n\"counts\": " + compact(counts_json(report.counts)));
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
  const Json journal = {{"flaws", report.flaws}, {"cut_off", report.cut_off}};
  write(",\n\"journal\": " + compact(journal) + "}\n");
}

}  // namespace holdfast
