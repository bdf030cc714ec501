#include "core/outcome/end_verdict.hpp"

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

std::string_view full_verdict(const EndedTest& test) {
  if (test.end.kind == Exit::Kind::signal) return "failed";
  if (test.end.value == test.skip_code) return "skipped";
  const bool is_mirrored = !test.properties.empty() && !test.mirrored.empty();
  const std::string_view verdict =
      is_mirrored
          ? test.mirrored
          : verdict_by_end(test.properties.empty() ? test.judged : test.properties, test.end);
  return verdict.empty() ? "unknown" : verdict;
}

}  // namespace

std::string_view usual_verdict(Outcome outcome) {
  if (outcome == Outcome::no_tests || outcome == Outcome::interrupted) return {};
  return is_good(outcome) ? name_of(outcome) : "failed";
}

std::string_view verdict_by_end(std::string_view properties, const Exit& end) {
  // A death by signal is no exit code: no property changes it.
  if (end.kind == Exit::Kind::signal) return "failed";
  bool success = end.value == 0;
  while (!properties.empty()) {
    const std::string_view part = take_part(properties, ',');
    const std::string_view name = part.substr(0, part.find('='));
    if (part == "will-fail") {
      success = !success;
    } else if (!part.empty() && name != "code") {
      return {};
    }
  }
  return success ? "passed" : "failed";
}

std::string_view verdict_on_record(const EndedTest& test) {
  if (test.outcome == Outcome::interrupted) return {};
  const std::string_view verdict = full_verdict(test);
  const bool is_told = test.mirrored.empty() && verdict == usual_verdict(test.outcome);
  return is_told ? std::string_view() : verdict;
}

}  // namespace holdfast
