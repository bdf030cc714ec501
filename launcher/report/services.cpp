#include "report/services.hpp"

#include <fmt/format.h>

#include <tuple>

#include "core/base/number.hpp"
#include "core/base/printable.hpp"
#include "core/lock/lock_spec.hpp"
#include "report/describe.hpp"
#include "report/text_sections.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_names_shown = 8;

// Both records of a death: of a generation that tests used, and of one that never got ready.
void note_death(ServiceReport& service, const ServiceRecord& record) {
  service.ended = record.at;
  service.outcome = service.outcome == "ready" ? "died" : "unavailable";
  if (service.outcome == "died")
    service.deaths.push_back({record.generation, record.users, record.at});
}

std::string death_text(const ServiceReport& service, const ServiceDeath& death) {
  std::vector<std::string> names;
  for (const std::string& user : death.users) names.push_back(brief(user));
  std::string text = brief(service.name);
  if (service.instance > 0) text += fmt::format(" (instance {})", service.instance + 1);
  text += names.empty() ? " died while no test used it"
                        : " died during " + bounded_list(names, k_names_shown);
  if (names.size() == 1) text += " (alone)";
  const bool is_followed = service.generation > death.generation;
  text += is_followed ? fmt::format("; generation {} from then on", death.generation + 1)
                      : "; no test needed it from then on";
  return service.shard_name.empty() ? text : text + "; in " + brief(service.shard_name);
}

void note_generation(ServiceReport& service, const ServiceRecord& record) {
  std::vector<ServiceGeneration>& all = service.generations;
  if (record.event == "started") {
    // One that was ended on purpose has no record of its end.
    if (!all.empty() && !all.back().ended) all.back().ended = record.at;
    return all.push_back({record.generation, record.at});
  }
  if (all.empty() || all.back().number != record.generation) return;
  if (record.event == "ready") all.back().ready = record.at;
  if (record.event == "died") all.back().ended = record.at;
}

constexpr std::size_t k_steps_shown = 5;
constexpr double k_wait_worth_telling = 0.1;

using Steps = std::vector<const StepRecord*>;

std::string_view made_by(const StepRecord& step) {
  if (!step.output.empty()) return step.output;
  return step.target.empty() ? step.program : step.target;
}

std::string title(const StepRecord& step) { return printable(title_of(step)); }

std::string memory_text(std::int64_t kb) {
  const double mib = static_cast<double>(kb) / 1024;
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

// Several programs make a static library one after the other. Each of them is a step by itself.
bool is_one_of_several(const StepRecord& step, const std::vector<StepRecord>& steps) {
  return !step.program.empty() &&
         std::any_of(steps.begin(), steps.end(), [&](const StepRecord& other) {
           return other.program != step.program && other.kind == step.kind &&
                  made_by(other) == made_by(step);
         });
}

// What is unusual about the step.
std::string remark(const StepRecord& step, const std::vector<StepRecord>& steps) {
  std::string text;
  if (step.outcome != Outcome::passed) {
    text += "; " + label(step.outcome.value_or(Outcome::unknown));
  }
  if (is_one_of_several(step, steps)) text += "; " + printable(step.program);
  if (step.attempts > 1) text += fmt::format("; {} attempts", step.attempts);
  return text;
}

// The first of `steps` by `measure`, largest first. A step that is not above `floor` is not shown.
template <typename Measure, typename Line>
std::string section(std::string_view name, const std::vector<StepRecord>& steps, double floor,
                    Measure measure, Line line) {
  Steps shown;
  for (const StepRecord& step : steps) {
    if (measure(step) > floor) shown.push_back(&step);
  }
  if (shown.empty()) return {};
  std::stable_sort(shown.begin(), shown.end(), [&](const StepRecord* a, const StepRecord* b) {
    return measure(*a) > measure(*b);
  });
  shown.resize(std::min(shown.size(), k_steps_shown));
  std::size_t width = 0;
  for (const StepRecord* step : shown) {
    const std::size_t size = title(*step).size();
    if (size <= k_widest_name) width = std::max(width, size);
  }
  std::string text = fmt::format("\n{} of {}\n", name, counted(steps.size(), "build step"));
  for (const StepRecord* step : shown) {
    text += row(title(*step), width, line(*step) + remark(*step, steps));
  }
  return text;
}

constexpr std::size_t k_files_named = 8;
constexpr std::size_t k_tests_named = 3;
// The times of records are whole milliseconds.
constexpr double k_of_records_s = 0.001;

// Whether it is known when each test of the run ran.
bool knows_all_times(const RunReport& report) {
  const auto ran_unseen = [](const TestReport& test) { return test.bare || test.is_doubtful; };
  return report.run.unrecorded == 0 && report.run.has_log &&
         std::ranges::none_of(report.tests, ran_unseen);
}

// Whether an attempt of the test may have run at some time between the two.
bool ran_between(const TestReport& test, double from, double to) {
  return std::ranges::any_of(test.attempts, [&](const Attempt& attempt) {
    const bool has_begun = !attempt.started || *attempt.started <= to;
    return has_begun && (!attempt.ended || *attempt.ended + k_of_records_s >= from);
  });
}

std::string text_of(const ChangedSource& source) {
  std::string file = brief(source.file);
  if (source.is_removed) return file + " (removed)";
  if (source.tests.empty()) return file;
  if (source.was_alone) return fmt::format("{} (while only {} ran)", file, brief(source.tests[0]));
  std::vector<std::string> tests;
  for (const std::string& test : source.tests) tests.push_back(brief(test));
  return fmt::format("{} (while {} ran)", file, bounded_list(tests, k_tests_named));
}

constexpr std::size_t k_shown = 5;
// Tests that need less hardly get in each other's way.
constexpr std::uint64_t k_worth_a_budget_kb = std::uint64_t{512} << 10U;

std::uint64_t peak_kb(const TestReport& test) {
  std::int64_t peak = 0;
  for (const Attempt& attempt : test.attempts) {
    peak = std::max({peak, attempt.max_rss_kb, attempt.memory_peak_kb.value_or(0)});
  }
  return static_cast<std::uint64_t>(peak);
}

// What the test asked for; 0: nothing.
std::uint64_t asked_kb(const TestReport& test) {
  for (const std::string& text : test.attempts.back().locks) {
    const Result<LockSpec> lock = parse_lock_spec(text);
    if (lock && lock->mode == LockMode::amount && lock->name == k_memory_name) return lock->units;
  }
  return 0;
}

std::string line(const TestReport& test) {
  const std::uint64_t peak = peak_kb(test);
  const std::uint64_t asked = asked_kb(test);
  const std::string text = describe_size(peak * 1024);
  if (asked >= peak) return fmt::format("{}, asked for {}", text, size_text(asked));
  const std::string proposal =
      fmt::format("HOLDFAST_LOCKS \"{}:{}\"", k_memory_name, size_text(proposed_memory_kb(peak)));
  if (asked == 0) return fmt::format("{}, asked for none; {}", text, proposal);
  return fmt::format("{}, more than the {} it asked for; {}", text, size_text(asked), proposal);
}

}  // namespace

void CollectedServices::add(const ServiceRecord& record) {
  if (record.event == "red_use") {
    ServiceOutput part{record.service, record.instance, record.generation, record.log};
    part.head = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.log_head));
    part.from = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.log_from.value_or(0)));
    if (record.log_to && *record.log_to >= 0) part.to = static_cast<std::uint64_t>(*record.log_to);
    return outputs_[record.user].push_back(std::move(part));
  }
  auto found = std::ranges::find_if(services_, [&](const ServiceReport& service) {
    return service.name == record.service && service.instance == record.instance;
  });
  if (found == services_.end()) {
    services_.push_back({.name = record.service, .instance = record.instance});
    found = std::prev(services_.end());
  }
  found->generation = std::max(found->generation, record.generation);
  note_generation(*found, record);
  if (record.event == "started") {
    if (!found->started) found->started = record.at;
    found->ended.reset();
    found->outcome = "started";
  } else if (record.event == "ready") {
    found->outcome = "ready";
  } else if (record.event == "died") {
    note_death(*found, record);
  }
}

std::vector<ServiceOutput> CollectedServices::take_outputs(const std::string& attempt) {
  const auto found = outputs_.find(attempt);
  if (found == outputs_.end()) return {};
  return std::exchange(found->second, {});
}

std::string text_of(const ServiceOutput& printed) {
  std::string text = "service " + brief(printed.name);
  if (printed.instance > 0) text += fmt::format(" (instance {})", printed.instance + 1);
  return text + fmt::format(", generation {}", printed.generation);
}

std::vector<ServiceReport> CollectedServices::take(const RunInfo& run, RunState state) {
  for (ServiceReport& service : services_) {
    if (service.ended || state == RunState::going_on) continue;
    service.ended = run.ended;
    service.outcome = "ended";
    if (!service.generations.empty()) service.generations.back().ended = run.ended;
  }
  return std::exchange(services_, {});
}

std::vector<std::string> service_deaths(const RunReport& report) {
  std::vector<std::string> texts;
  for (const ServiceReport& service : report.services) {
    for (const ServiceDeath& death : service.deaths) texts.push_back(death_text(service, death));
  }
  return texts;
}

UsedService used_service(std::string_view text) {
  const std::size_t mark = text.rfind('#');
  if (mark == std::string_view::npos) return {text};
  return {text.substr(0, mark), parse_number<std::int64_t>(text.substr(mark + 1)).value_or(0)};
}

std::vector<StepRecord> latest_steps(const std::vector<Record>& records, double from,
                                     double until) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, const StepRecord*>
      latest;
  for (const Record& record : records) {
    const auto* step = std::get_if<StepRecord>(&record);
    if (step == nullptr || step->at <= from || step->at > until) continue;
    const StepRecord*& known = latest[{step->kind, made_by(*step), step->program}];
    if (known == nullptr || step->at >= known->at) known = step;
  }
  std::vector<StepRecord> steps;
  steps.reserve(latest.size());
  for (const auto& [key, step] : latest) steps.push_back(*step);
  std::stable_sort(steps.begin(), steps.end(),
                   [](const StepRecord& a, const StepRecord& b) { return a.at < b.at; });
  return steps;
}

std::string title_of(const StepRecord& step) {
  return fmt::format("{} {}", step.kind, made_by(step));
}

bool has_only_steps(const RunReport& report) {
  return report.run.id.empty() && report.shards.empty() && report.tests.empty() &&
         !report.steps.empty();
}

std::string steps_text(const std::vector<StepRecord>& steps) {
  const auto wall = [](const StepRecord& step) { return step.wall_s; };
  const auto memory = [](const StepRecord& step) { return static_cast<double>(step.max_rss_kb); };
  const auto wait = [](const StepRecord& step) { return step.slot_wait_s; };
  return section("Slowest", steps, 0, wall,
                 [](const StepRecord& step) { return duration_text(step.wall_s); }) +
         section("Heaviest", steps, 0, memory,
                 [](const StepRecord& step) { return memory_text(step.max_rss_kb); }) +
         section("Longest waits for a slot", steps, k_wait_worth_telling, wait,
                 [](const StepRecord& step) { return duration_text(step.slot_wait_s); });
}

std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report) {
  const bool is_known = knows_all_times(report);
  std::vector<ChangedSource> sources;
  for (const WrittenFile& file : record.changed) {
    ChangedSource& source = sources.emplace_back();
    source.file = file.file;
    source.is_removed = file.is_removed;
    if (!file.written) continue;
    for (const TestReport& test : report.tests) {
      if (ran_between(test, *file.written, *file.written + record.resolution_s)) {
        source.tests.push_back(test.name);
      }
    }
    source.was_alone = is_known && source.tests.size() == 1;
  }
  return sources;
}

std::string changed_sources_text(const RunReport& report) {
  const std::uint64_t count =
      report.changed_sources.size() + static_cast<std::uint64_t>(report.more_changed_sources);
  if (count == 0) return {};
  std::vector<std::string> files;
  for (const ChangedSource& source : report.changed_sources) files.push_back(text_of(source));
  return fmt::format("{} changed while tests ran: {}", counted(count, "tracked file"),
                     bounded_list(files, k_files_named, count));
}

std::uint64_t proposed_memory_kb(std::uint64_t peak_kb) {
  constexpr std::uint64_t k_step = std::uint64_t{256} << 10U;
  const std::uint64_t wanted = peak_kb + peak_kb / 4;
  return (wanted + k_step - 1) / k_step * k_step;
}

std::string memory_budgets(const RunReport& report) {
  Tests tests = tests_that(
      report, [](const TestReport& test) { return peak_kb(test) >= k_worth_a_budget_kb; });
  std::stable_sort(tests.begin(), tests.end(), [](const TestReport* a, const TestReport* b) {
    return peak_kb(*a) > peak_kb(*b);
  });
  tests.resize(std::min(tests.size(), k_shown));
  return section("Most memory", tests, k_shown, line);
}

}  // namespace holdfast
