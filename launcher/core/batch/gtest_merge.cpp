#include "core/batch/gtest_merge.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <utility>

#include "core/base/utf8.hpp"
#include "core/batch/gtest_report.hpp"
#include "core/batch/xml.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_failure = "<failure";

// A test suite of the merged report.
struct MergedSuite {
  std::string name;
  std::string elements = {};
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  std::int64_t wall_us = 0;
};

std::string_view suite_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return name.substr(0, dot == std::string_view::npos ? 0 : dot);
}

std::string_view case_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string seconds_text(std::int64_t us) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(us / 1'000'000),
                static_cast<long long>(us / 1000 % 1000));
  return text;
}

// XML has no characters below U+0020 but three, so a `?` stands for them.
std::string in_xml(std::string_view text) {
  constexpr std::string_view k_escaped = "<>&\"\n\t";
  constexpr std::array<std::string_view, k_escaped.size()> k_escapes{"&lt;",   "&gt;",   "&amp;",
                                                                     "&quot;", "&#x0A;", "&#x09;"};
  std::string made;
  for (const char c : valid_utf8(text)) {
    if (const std::size_t which = k_escaped.find(c); which != std::string_view::npos) {
      made += k_escapes[which];
    } else {
      made += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return made;
}

std::string words_of(const CaseResult& result) {
  std::string text(name_of(result.outcome));
  if (!result.note.empty()) text += ": " + result.note;
  return text;
}

std::string made_element(const CaseResult& result, const std::string& words) {
  std::string element =
      "    <testcase name=\"" + in_xml(case_of(result.name)) + "\" status=\"run\" result=\"" +
      (result.outcome == Outcome::skipped ? "skipped" : "completed") + "\" time=\"" +
      seconds_text(result.wall_us) + "\" classname=\"" + in_xml(suite_of(result.name)) + "\"";
  std::string inside;
  if (is_bad(result.outcome)) {
    std::string message = words_of(result);
    if (!words.empty()) message += "\n" + words;
    inside = "      <failure message=\"" + in_xml(message) + "\" type=\"\"></failure>\n";
  } else if (result.outcome == Outcome::skipped) {
    inside = "      <skipped message=\"\"></skipped>\n";
  }
  return inside.empty() ? element + " />\n" : element + ">\n" + inside + "    </testcase>\n";
}

MergedSuite& suite_called(std::vector<MergedSuite>& suites, std::string_view name) {
  // The cases of a suite stand together, nearly always.
  const auto found = std::find_if(suites.rbegin(), suites.rend(),
                                  [name](const MergedSuite& one) { return one.name == name; });
  if (found != suites.rend()) return *found;
  suites.push_back({std::string(name)});
  return suites.back();
}

std::string counts_text(const MergedSuite& of, std::string_view timestamp) {
  return " tests=\"" + std::to_string(of.tests) + "\" failures=\"" + std::to_string(of.failures) +
         "\" disabled=\"0\" skipped=\"" + std::to_string(of.skipped) + "\" errors=\"0\" time=\"" +
         seconds_text(of.wall_us) + "\" timestamp=\"" + std::string(timestamp) + "\"";
}

}  // namespace

GtestMerge::Known& GtestMerge::known(std::string_view name) {
  const auto [place, is_new] = places_.try_emplace(std::string(name), cases_.size());
  if (is_new) cases_.push_back({std::string(name), {}, {}});
  return cases_[place->second];
}

const GtestMerge::Known* GtestMerge::find(std::string_view name) const {
  const auto place = places_.find(name);
  return place != places_.end() ? &cases_[place->second] : nullptr;
}

void GtestMerge::add(std::string_view xml) {
  const std::optional<GtestReport> report = parse_gtest_report(xml);
  if (!report) return;
  for (std::size_t i = 0; i < report->cases.size(); ++i) {
    known(report->cases[i].name).element = "    " + std::string(report->elements[i]) + "\n";
  }
  // Each process of a batch may tell of the same. Times differ.
  const auto failure_of = [](std::string_view element) {
    return element.substr(std::min(element.find(k_failure), element.size()));
  };
  for (const std::string_view element : report->outside) {
    std::string text = "    " + std::string(element) + "\n";
    const bool is_known = std::ranges::any_of(
        outside_, [&](const std::string& one) { return failure_of(one) == failure_of(text); });
    if (!is_known) outside_.push_back(std::move(text));
  }
}

void GtestMerge::add_words(std::string_view name, std::string words) {
  known(name).words = std::move(words);
}

std::string GtestMerge::text(const std::vector<CaseResult>& results,
                             std::string_view timestamp) const {
  std::vector<MergedSuite> suites;
  MergedSuite all{"AllTests"};
  const auto add_to = [&](std::string_view name, const std::string& element, bool is_red,
                          bool is_skipped, std::int64_t wall_us) {
    MergedSuite& suite = suite_called(suites, suite_of(name));
    suite.elements += element;
    for (MergedSuite* const one : {&suite, &all}) {
      ++one->tests;
      if (is_red) ++one->failures;
      if (is_skipped) ++one->skipped;
      one->wall_us += wall_us;
    }
  };
  std::set<std::string_view> told;
  for (const CaseResult& result : results) {
    told.insert(result.name);
    const Known* const own = find(result.name);
    const bool is_red = is_bad(result.outcome);
    // A case can go wrong although its element does not say so: its process died later.
    const bool fits = own != nullptr && !own->element.empty() && result.outcome &&
                      (own->element.find(k_failure) != std::string::npos) == is_red;
    add_to(result.name,
           fits ? own->element : made_element(result, own != nullptr ? own->words : ""), is_red,
           result.outcome == Outcome::skipped, result.wall_us);
  }
  for (const Known& one : cases_) {
    if (one.element.empty() || told.contains(one.name)) continue;
    const bool is_red = one.element.find(k_failure) != std::string::npos;
    add_to(one.name, one.element, is_red, one.element.find("<skipped") != std::string::npos, 0);
  }
  for (const std::string& element : outside_) {
    add_to("NonTestSuiteFailure.", element, true, false, 0);
  }
  std::string made = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
                     counts_text(all, timestamp) + " name=\"AllTests\">\n";
  for (const MergedSuite& suite : suites) {
    made += "  <testsuite name=\"" + in_xml(suite.name) + "\"" + counts_text(suite, timestamp) +
            ">\n" + suite.elements + "  </testsuite>\n";
  }
  return made + "</testsuites>\n";
}

}  // namespace holdfast
