#include "batches/gtest_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <utility>

#include "base/text.hpp"

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

std::string_view case_of(std::string_view name) { return name.substr(name.find('.') + 1); }

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

std::string made_element(const CaseResult& result, const std::string& words) {
  std::string element =
      "    <testcase name=\"" + in_xml(case_of(result.name)) + "\" status=\"run\" result=\"" +
      (result.outcome == Outcome::skipped ? "skipped" : "completed") + "\" time=\"" +
      seconds_text(result.wall_us) + "\" classname=\"" + in_xml(suite_of(result.name)) + "\"";
  std::string inside;
  if (is_bad(result.outcome)) {
    std::string message(name_of(result.outcome));
    if (!result.note.empty()) message += ": " + result.note;
    if (!words.empty()) message += "\n" + words;
    inside = "      <failure message=\"" + in_xml(message) + "\" type=\"\"></failure>\n";
  } else if (result.outcome == Outcome::skipped) {
    inside = "      <skipped message=\"\"></skipped>\n";
  }
  return inside.empty() ? element + " />\n" : element + ">\n" + inside + "    </testcase>\n";
}

MergedSuite& suite_called(std::vector<MergedSuite>& suites, std::string_view name) {
  // The cases of a suite stand together, nearly always.
  const auto found = std::ranges::find(suites.rbegin(), suites.rend(), name, &MergedSuite::name);
  if (found != suites.rend()) return *found;
  suites.push_back({std::string(name)});
  return suites.back();
}

std::string counts_text(const MergedSuite& of, std::string_view timestamp) {
  return " tests=\"" + std::to_string(of.tests) + "\" failures=\"" + std::to_string(of.failures) +
         "\" disabled=\"0\" skipped=\"" + std::to_string(of.skipped) + "\" errors=\"0\" time=\"" +
         seconds_text(of.wall_us) + "\" timestamp=\"" + std::string(timestamp) + "\"";
}

constexpr std::size_t k_longest_entity = 8;

// The character that `&amp;` or `&#x0A;` stands for, and how long that is; none: it is no such
// entity.
std::optional<std::pair<char, std::size_t>> entity_at(std::string_view text) {
  constexpr std::pair<std::string_view, char> k_named[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (const auto& [name, meant] : k_named) {
    if (text.starts_with(name)) return std::pair(meant, name.size());
  }
  if (!text.starts_with("&#x")) return std::nullopt;
  const std::size_t end = text.substr(0, k_longest_entity).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const unsigned value = parse_number<unsigned>(text.substr(3, end - 3), 16).value_or(0);
  if (value == 0 || value > 0xFF) return std::nullopt;
  return std::pair(static_cast<char>(value), end + 1);
}

constexpr std::string_view k_verbatim = "<![CDATA[";
constexpr std::string_view k_end_of_verbatim = "]]>";

// A `>` may stand in a value.
std::size_t end_of_tag(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') is_quoted = !is_quoted;
    if (text[i] == '>' && !is_quoted) return i;
  }
  return std::string_view::npos;
}

constexpr std::string_view k_last = "</testsuites>";

// A case that never began has the beginning of all times as its time, in any time zone.
bool has_begun(std::string_view tag) {
  const std::string at = xml_attribute(tag, "timestamp").value_or("");
  return !at.starts_with("1970-01-01") && !at.starts_with("1969-12-31");
}

class Reader {
 public:
  explicit Reader(std::string_view xml) : tags_(xml) {}

  std::optional<GtestReport> read() {
    while (const std::optional<std::string_view> tag = tags_.next()) {
      if (*tag == k_last) return is_open_ ? std::nullopt : std::optional(std::move(report_));
      take(*tag);
    }
    return std::nullopt;
  }

 private:
  void take(std::string_view tag) {
    if (tag.starts_with("<testcase ")) {
      begin_case(tag);
      if (tag.ends_with("/>")) end_case(tag);
    } else if (tag == "</testcase>") {
      end_case(tag);
    } else if (tag.starts_with("<failure")) {
      report_.has_failures = true;
      open_.end = CaseEnd::failed;
    } else if (tag.starts_with("<skipped") && open_.end == CaseEnd::passed) {
      open_.end = CaseEnd::skipped;
    }
  }

  void begin_case(std::string_view tag) {
    const std::optional<std::string> suite = xml_attribute(tag, "classname");
    const std::optional<std::string> name = xml_attribute(tag, "name");
    open_ = {suite.value_or("") + "." + name.value_or(""), CaseEnd::passed};
    // What fails outside of cases has no name.
    const bool has_name = suite && name && !(suite->empty() && name->empty());
    const std::string result = xml_attribute(tag, "result").value_or("");
    const bool was_to_run =
        has_name && xml_attribute(tag, "status") == "run" && result != "suppressed";
    did_run_ = was_to_run && (result == "skipped" || has_begun(tag));
    if (was_to_run && !did_run_) ++report_.not_begun;
    is_open_ = true;
    has_name_ = has_name;
    begin_ = tag.data();
  }

  void end_case(std::string_view last) {
    if (!std::exchange(is_open_, false)) return;
    const auto size = static_cast<std::size_t>(last.data() + last.size() - begin_);
    if (did_run_) {
      report_.elements.emplace_back(begin_, size);
      report_.cases.push_back(std::move(open_));
    } else if (!has_name_ && open_.end == CaseEnd::failed) {
      report_.outside.emplace_back(begin_, size);
    }
  }

  XmlTags tags_;
  GtestReport report_;
  ReportedCase open_;
  bool is_open_ = false;
  bool did_run_ = false;
  bool has_name_ = false;
  const char* begin_ = nullptr;  // of its element
};

}  // namespace

GtestMerge::Known& GtestMerge::known(std::string_view name) {
  const auto [place, is_new] = places_.try_emplace(std::string(name), cases_.size());
  if (is_new) cases_.push_back({std::string(name), {}, {}});
  return cases_[place->second];
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
    const auto place = places_.find(result.name);
    const Known* const own = place != places_.end() ? &cases_[place->second] : nullptr;
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

std::string without_entities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t next = std::min(text.find('&'), text.size());
    plain += text.substr(0, next);
    text.remove_prefix(next);
    if (text.empty()) break;
    const auto entity = entity_at(text);
    plain += entity ? entity->first : text.front();
    text.remove_prefix(entity ? entity->second : 1);
  }
  return plain;
}

std::optional<std::string_view> XmlTags::next() {
  text_.clear();
  while (true) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return std::nullopt;
    text_ += without_entities(rest_.substr(0, begin));
    rest_.remove_prefix(begin);
    if (!rest_.starts_with(k_verbatim)) break;
    const std::size_t end = rest_.find(k_end_of_verbatim);
    if (end == std::string_view::npos) return std::nullopt;
    text_ += rest_.substr(k_verbatim.size(), end - k_verbatim.size());
    rest_.remove_prefix(end + k_end_of_verbatim.size());
  }
  const std::size_t end = end_of_tag(rest_);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view tag = rest_.substr(0, end + 1);
  rest_.remove_prefix(end + 1);
  return tag;
}

bool is_xml_beginning(std::string_view tag, std::string_view name) {
  return tag.substr(1).starts_with(name) &&
         std::string_view(" >/\n").find(tag[name.size() + 1]) != std::string_view::npos;
}

std::optional<std::string> xml_attribute(std::string_view tag, std::string_view name) {
  for (std::size_t at = tag.find(' ');;) {
    const std::size_t begin = tag.find_first_not_of(" \n", at);
    const std::size_t equals = tag.find("=\"", begin);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::size_t end = tag.find('"', equals + 2);
    if (end == std::string_view::npos) return std::nullopt;
    if (tag.substr(begin, equals - begin) == name) {
      return without_entities(tag.substr(equals + 2, end - equals - 2));
    }
    at = end + 1;
  }
}

std::optional<GtestReport> parse_gtest_report(std::string_view xml) { return Reader(xml).read(); }

}  // namespace holdfast
