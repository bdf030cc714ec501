// Pure.
//
// Programs of doctest. A selection is a pattern for whole names, in which `*` stands for any text
// and `?` for any character; doctest ignores upper and lower case in it. A `,` ends a pattern, and
// only version 2.4.7 and later know an escape for it, so a `?` stands for it here. Source:
// wildcmp() and parseCommaSepArgs() of versions 2.4.0 to 2.4.11.
#include <array>
#include <span>

#include "base/text.hpp"
#include "batches/gtest_report.hpp"
#include "batches/program_words.hpp"
#include "output/gtest_output.hpp"
#include "values/framework.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_special_in_pattern = "*?,\\\"";

bool is_any_in_pattern(char c) { return k_special_in_pattern.find(c) != std::string_view::npos; }

// All options have one or two dashes, perhaps the prefix `dt-`, and their value behind a `=`.
constexpr auto k_doctest_options = std::to_array<FrameworkOption<DoctestWord>>({
    {"tc", "test-case", DoctestWord::selection},
    {"r", "reporters", DoctestWord::report},
    {"o", "out", DoctestWord::report},
    {"s", "success", DoctestWord::report},
    {"m", "minimal", DoctestWord::report},
    {"q", "quiet", DoctestWord::report},
    {"d", "duration", DoctestWord::report},
    {"f", "first", DoctestWord::alone},
    {"l", "last", DoctestWord::alone},
    {"aa", "abort-after", DoctestWord::alone},
    {"ne", "no-exitcode", DoctestWord::alone},
    {"?", "help", DoctestWord::question},
    {"h", "help", DoctestWord::question},
    {"v", "version", DoctestWord::question},
    {"c", "count", DoctestWord::question},
    {"ltc", "list-test-cases", DoctestWord::question},
    {"lts", "list-test-suites", DoctestWord::question},
    {"lr", "list-reporters", DoctestWord::question},
    {"nr", "no-run", DoctestWord::question},
});

DoctestWord kind_of_word(std::string_view word) {
  if (!word.starts_with('-')) return DoctestWord::other;
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  if (word.starts_with("dt-")) word.remove_prefix(3);
  word = word.substr(0, word.find('='));
  const auto* const found = option_called(word, k_doctest_options);
  return found == nullptr ? DoctestWord::other : found->kind;
}

class Doctest final : public Framework {
 public:
  constexpr Doctest() : Framework({"doctest", "--list-test-cases", "--test-case=", ','}) {}

  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    return std::ranges::equal(name, other, [](char wanted, char there) {
      return is_any_in_pattern(wanted) || lower(wanted) == lower(there);
    });
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    if (name.empty() || !others.empty()) return std::nullopt;
    std::string pattern(name);
    std::ranges::replace_if(pattern, is_any_in_pattern, '?');
    return pattern;
  }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return doctest_words(arguments).without({DoctestWord::selection});
  }
};

constinit const Doctest k_doctest;

constexpr std::string_view k_doctest_blanks = " \t\r\n";
constexpr std::string_view k_doctest_line =
    "===============================================================================\n";
// More nested subcases are not named: each run of a case names all of its own.
constexpr std::size_t k_most_parts = 100;
constexpr std::string_view k_doctest_totals = "[doctest] test cases:";

// Numbers of one kind, in columns of one width: "| 2 passed | 10 failed |".
struct DoctestTotals {
  std::string all, passed, failed;
};

class DoctestReader {
 public:
  explicit DoctestReader(std::string_view xml) : tags_(xml) {}

  CaseReport read() {
    while (const std::optional<std::string_view> tag = tags_.next()) take(*tag);
    if (open_) report_.died_in = std::move(open_);
    if (report_.died_in) report_.is_through = false;
    return std::move(report_);
  }

 private:
  void take(std::string_view tag) {
    if (is_xml_beginning(tag, "doctest")) {
      const std::string version = value(tag, "version");
      if (version.empty()) return;
      report_.first_words = "[doctest] doctest version is \"" + version +
                            "\"\n[doctest] run with \"--help\" for options\n";
    } else if (is_xml_beginning(tag, "TestSuite")) {
      suite_ = value(tag, "name");
    } else if (is_xml_beginning(tag, "TestCase")) {
      begin_case(tag);
    } else if (tag == "</TestCase>") {
      end_case();
    } else if (is_xml_beginning(tag, "SubCase")) {
      parts_.push_back(value(tag, "name"));
      is_headed_ = false;
    } else if (tag == "</SubCase>" && !parts_.empty()) {
      parts_.pop_back();
      is_headed_ = false;
    } else if (tag == "</doctest>") {
      report_.is_through = true;
      report_.ran_nothing = report_.cases.empty();
      conclude();
    } else if (tag.starts_with("<OverallResultsAsserts")) {
      asserts_ = totals(tag);
      if (open_) expected_failures_ = value(tag, "expected_failures");
      if (open_ && has_failed(tag)) open_->end = CaseEnd::failed;
    } else if (tag.starts_with("<OverallResultsTestCases")) {
      cases_ = totals(tag);
      skipped_ = value(tag, "skipped");
    } else {
      take_failure(tag);
    }
  }

  // Versions before 2.4.7 say only how many assertions failed.
  bool has_failed(std::string_view tag) const {
    if (const auto success = xml_attribute(tag, "test_case_success")) return *success == "false";
    const bool fails = value(tag, "failures") != "0" || !open_->words.empty();
    if (should_fail_) return !fails;
    if (may_fail_ && fails) return false;
    return expected_failures_.empty() ? fails : value(tag, "failures") != expected_failures_;
  }

  static std::string value(std::string_view tag, std::string_view name) {
    return xml_attribute(tag, name).value_or("");
  }

  static DoctestTotals totals(std::string_view tag) {
    DoctestTotals read{{}, value(tag, "successes"), value(tag, "failures")};
    read.all = std::to_string(parse_number<std::size_t>(read.passed).value_or(0) +
                              parse_number<std::size_t>(read.failed).value_or(0));
    return read;
  }

  void begin_case(std::string_view tag) {
    if (xml_attribute(tag, "skipped") == "true") return;
    open_ = ReportedCase{value(tag, "name")};
    may_fail_ = xml_attribute(tag, "may_fail") == "true";
    should_fail_ = xml_attribute(tag, "should_fail") == "true";
    parts_.clear();
    is_headed_ = is_inside_ = false;
    expected_failures_.clear();
    place_ = value(tag, "filename") + ":" + value(tag, "line") + ":";
    begin_ = std::string(k_doctest_line) + place_ + "\n";
    const std::string description = value(tag, "description");
    if (!description.empty()) begin_ += "DESCRIPTION: " + description + "\n";
    if (!suite_.empty()) begin_ += "TEST SUITE: " + suite_ + "\n";
    if (!open_->name.starts_with("  Scenario:")) begin_ += "TEST CASE:  ";
    begin_ += open_->name + "\n";
  }

  void end_case() {
    if (!open_) return;
    const bool has_failed = open_->end == CaseEnd::failed;
    if (may_fail_ && !open_->words.empty()) {
      open_->words += "Allowed to fail so marking it as not failed\n";
    } else if (should_fail_) {
      say(has_failed ? "Should have failed but didn't! Marking it as failed!\n"
                     : "Failed as expected so marking it as not failed\n");
    } else if (!expected_failures_.empty()) {
      say(has_failed
              ? "Didn't fail exactly " + expected_failures_ + " times so marking it as failed!\n"
              : "Failed exactly " + expected_failures_ +
                    " times as expected so marking it as not failed!\n");
    } else if (has_failed && open_->words.empty()) {
      say("Marking it as failed!\n");
    }
    if (has_crashed_) {
      report_.died_in = std::exchange(open_, std::nullopt);
      return;
    }
    report_.cases.push_back(std::move(*open_));
    open_.reset();
  }

  // The first words of a run of a case, or of a subcase, say which it is.
  void say(const std::string& text) {
    if (!open_) return;
    if (!std::exchange(is_headed_, true)) {
      open_->words += begin_;
      for (const std::string& part :
           std::span(parts_).first(std::min(parts_.size(), k_most_parts))) {
        if (!part.empty()) open_->words += "  " + part + "\n";
      }
      open_->words += '\n';
    }
    open_->words += text;
  }

  // An element of a failure, or one inside.
  void take_failure(std::string_view tag) {
    if (is_xml_beginning(tag, "Expression") || is_xml_beginning(tag, "Message") ||
        (is_xml_beginning(tag, "Exception") && !is_inside_)) {
      at_ = value(tag, "filename") + ":" + value(tag, "line") + ": ";
      kind_ = value(tag, "type");
      is_success_ = xml_attribute(tag, "success") == "true";
      is_crash_ = xml_attribute(tag, "crash") == "true";
      is_inside_ = true;
      has_thrown_ = false;
      original_ = expanded_ = thrown_ = logged_ = message_ = expected_type_ = expected_text_ = {};
      // An exception without words has no end of its own.
      if (is_xml_beginning(tag, "Exception") && tag.ends_with("/>")) end_exception();
      return;
    }
    if (is_xml_beginning(tag, "Exception")) has_thrown_ = true;
    const std::string text(trimmed(tags_.text(), k_doctest_blanks));
    if (tag == "</Original>") original_ = text;
    if (tag == "</Expanded>") expanded_ = text;
    if (tag == "</Text>") message_ = text;
    if (tag == "</Info>") logged_ += (logged_.empty() ? "  logged: " : "          ") + text + "\n";
    if (tag == "</Exception>") thrown_ = text;
    if (tag == "</ExpectedException>") expected_type_ = text;
    if (tag == "</ExpectedExceptionString>") expected_text_ = text;
    if (tag == "</Expression>") {
      is_inside_ = false;
      if (!is_success_) say(at_ + expression() + logged_ + "\n");
    } else if (tag == "</Message>") {
      is_inside_ = false;
      say(at_ + (kind_ == "WARNING" ? "MESSAGE" : kind_) + ": " + message_ + "\n" + logged_ + "\n");
    } else if (tag == "</Exception>" && original_.empty()) {
      end_exception();
    }
  }

  // Of one that left the case.
  void end_exception() {
    is_inside_ = false;
    has_crashed_ = has_crashed_ || is_crash_;
    say(place_ +
        (is_crash_ ? " FATAL ERROR: test case CRASHED: " : " ERROR: test case THREW exception: ") +
        thrown_ + "\n" + logged_ + "\n");
  }

  std::string expression() const {
    const bool is_warning = kind_.starts_with("WARN");
    const std::string_view how = is_warning                     ? "WARNING: "
                                 : kind_.starts_with("REQUIRE") ? "FATAL ERROR: "
                                                                : "ERROR: ";
    std::string text = std::string(how) + kind_ + "( " + original_;
    const bool is_about_text = kind_.find("_THROWS_WITH") != std::string::npos;
    const bool is_about_type = kind_.ends_with("_AS");
    if (is_about_text) text += ", \"" + expected_text_ + "\"";
    if (is_about_type) text += ", " + expected_type_;
    text += " ) ";
    if (kind_.find("_THROWS") != std::string::npos) {
      if (!has_thrown_) return text + "did NOT throw at all!\n";
      text += "threw a DIFFERENT exception";
      return text + (is_about_text && is_about_type ? "! (contents: " + thrown_ + ")\n"
                                                    : ": " + thrown_ + "\n");
    }
    if (has_thrown_) return text + "THREW exception: " + thrown_ + "\n";
    return text + "is NOT correct!\n  values: " + kind_ + "( " + expanded_ + " )\n";
  }

  void conclude() {
    const std::size_t all = std::max(cases_.all.size(), asserts_.all.size());
    const std::size_t passed = std::max(cases_.passed.size(), asserts_.passed.size());
    const std::size_t failed = std::max(cases_.failed.size(), asserts_.failed.size());
    const auto columns = [&](const DoctestTotals& one) {
      return " " + padded(one.all, all) + " | " + padded(one.passed, passed) + " passed | " +
             padded(one.failed, failed) + " failed |";
    };
    report_.last_words =
        std::string(k_doctest_line) + std::string(k_doctest_totals) + columns(cases_) + " " +
        skipped_ + " skipped\n[doctest] assertions:" + columns(asserts_) +
        "\n[doctest] Status: " + (cases_.failed == "0" ? "SUCCESS" : "FAILURE") + "!\n";
  }

  XmlTags tags_;
  CaseReport report_;
  std::optional<ReportedCase> open_;
  std::string suite_;
  std::string place_;               // of a case
  std::string begin_;               // of the words of a case
  std::vector<std::string> parts_;  // the subcases that are open
  bool is_headed_ = false;          // their names stand above what is said
  std::string expected_failures_;   // how many of the case; empty: it does not say
  bool may_fail_ = false;
  bool should_fail_ = false;
  bool has_crashed_ = false;
  DoctestTotals asserts_;
  DoctestTotals cases_;
  std::string skipped_;
  // Of a failure.
  bool is_inside_ = false;
  bool is_success_ = false;
  bool is_crash_ = false;
  bool has_thrown_ = false;
  std::string at_, kind_, original_, expanded_, thrown_, logged_, message_;
  std::string expected_type_, expected_text_;  // of an exception
};

}  // namespace

const Framework& doctest() { return k_doctest; }

ProgramWords<DoctestWord> doctest_words(char* const* arguments) {
  ProgramWords<DoctestWord> words;
  for (char* const* word = arguments; *word != nullptr; ++word) {
    words.add(*word, kind_of_word(*word));
  }
  return words;
}

std::optional<std::vector<std::string>> parse_doctest_list(std::string_view xml) {
  UniqueNames names;
  XmlTags tags(xml);
  while (const std::optional<std::string_view> tag = tags.next()) {
    if (*tag == "</doctest>") return names.take();
    // It lists only those that run. `skipped` tells of the decorator, which --no-skip undoes.
    if (is_xml_beginning(*tag, "TestCase")) names.add(xml_attribute(*tag, "name").value_or(""));
  }
  return std::nullopt;
}

CaseReport read_doctest_report(std::string_view xml) { return DoctestReader(xml).read(); }

CaseReport read_doctest_totals(std::string_view printed, std::string_view own_case) {
  CaseReport report;
  const std::string plain = without_colours(printed);
  printed = plain;
  const std::size_t at = printed.rfind(k_doctest_totals);
  if (at == std::string_view::npos) return report;
  std::string_view columns = printed.substr(at + k_doctest_totals.size());
  columns = columns.substr(0, columns.find('\n'));
  const auto number = [&columns] {
    const std::string_view column = trimmed(take_part(columns, '|'), k_doctest_blanks);
    return leading_number<std::size_t>(column).value_or(0);
  };
  report.ran_nothing = number() == 0;
  (void)number();
  const bool has_failed = number() > 0;
  report.is_through = true;
  if (!report.ran_nothing) {
    report.cases.push_back({std::string(own_case), has_failed ? CaseEnd::failed : CaseEnd::passed});
  }
  return report;
}

}  // namespace holdfast
