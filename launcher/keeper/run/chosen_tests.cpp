#include "keeper/run/chosen_tests.hpp"

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/ctest/ctest_verdict.hpp"
#include "core/select/division.hpp"
#include "store/json_record.hpp"

namespace holdfast {
namespace {

// How many names the line has of each kind.
constexpr std::size_t k_named = 8;

// ctest's list, its log and its command lines have the same bytes of ASCII. Bytes beyond it may be
// replaced, so any such bytes are alike here.
std::string comparable(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80U;
    if (is_ascii || text.empty() || text.back() != '\x80') text += is_ascii ? c : '\x80';
  }
  return text;
}

// Whether ctest has told of all tests that it was to run.
bool has_all(const RunReport& report) {
  const RunInfo& run = report.run;
  if (!run.complete || !run.has_log || run.unrecorded > 0) return false;
  const Stops stops = stops_of(run.command);
  if (stops != Stops::at_a_failure) return stops == Stops::never;
  return std::ranges::none_of(
      report.tests, [](const TestReport& test) { return test.verdict == Verdict::failed; });
}

std::string in_quotes(const std::vector<std::string>& names) {
  return bounded_list(names, k_named, brief_in_quotes);
}

}  // namespace

ChosenTests::ChosenTests(std::string_view records) {
  while (!records.empty()) {
    const ParsedLine line = parse_record(take_part(records, '\n'));
    if (!line.record) continue;
    const auto* const planned = std::get_if<PlannedRecord>(&*line.record);
    if (planned == nullptr || !planned->is_own) continue;
    if (const auto shard = parse_shard(planned->shard)) shards_ = shard->count;
    names_.insert(names_.end(), planned->tests.begin(), planned->tests.end());
  }
  for (const std::string& name : names_) ++times_[comparable(name)];
}

std::string ChosenTests::refusal_of(std::string_view test) const {
  if (names_.empty() || times_.contains(comparable(test))) return {};
  return "this test was not chosen: the list of tests has changed since tests were chosen";
}

std::string ChosenTests::difference_to(const RunReport& report) const {
  if (names_.empty()) return {};
  auto left = times_;
  std::vector<std::string> more;
  for (const TestReport& test : report.tests) {
    const auto chosen = left.find(comparable(test.name));
    if (chosen == left.end() || chosen->second == 0) {
      more.push_back(test.name);
    } else {
      --chosen->second;
    }
  }
  std::vector<std::string> missing;
  if (has_all(report)) {
    for (const std::string& name : names_) {
      std::size_t& open = left[comparable(name)];
      if (open == 0) continue;
      --open;
      missing.push_back(name);
    }
  }
  if (more.empty() && missing.empty()) return {};
  std::string line = "the list of tests has changed since tests were chosen";
  if (!missing.empty()) line += "; not run: " + in_quotes(missing);
  if (!more.empty()) line += "; not chosen, but started: " + in_quotes(more);
  return line + "; start it again";
}

}  // namespace holdfast
