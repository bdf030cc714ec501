#include "report/steps.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <tuple>

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/sections.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_steps_shown = 5;
constexpr double k_wait_worth_telling = 0.1;

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

// The first of `steps` by `measure`, largest first, with its text. A step that is not above `floor`
// is not shown.
template <typename T, typename Text>
std::string section(std::string_view name, const std::vector<StepRecord>& steps,
                    T StepRecord::*measure, T floor, Text text) {
  const auto is_shown = [&](const StepRecord& step) { return step.*measure > floor; };
  const auto shown = largest(which(steps, is_shown), k_steps_shown, measure);
  const std::size_t width = width_of(shown, title);
  return titled_lines(fmt::format("{} of {}", name, counted(steps.size(), "build step")), shown,
                      k_steps_shown, [&](const StepRecord* step) {
                        return row(title(*step), width,
                                   text(step->*measure) + remark(*step, steps));
                      });
}

}  // namespace

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
  std::ranges::stable_sort(steps, {}, &StepRecord::at);
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
  return section("Slowest", steps, &StepRecord::wall_s, 0.0, duration_text) +
         section("Heaviest", steps, &StepRecord::max_rss_kb, std::int64_t{0}, memory_text) +
         section("Longest waits for a slot", steps, &StepRecord::slot_wait_s, k_wait_worth_telling,
                 duration_text);
}

}  // namespace holdfast
