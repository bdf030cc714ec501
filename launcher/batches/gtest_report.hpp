// The report that a GoogleTest program writes at its end (`--gtest_output=xml:FILE`), as far as it
// tells how cases ended. A case cannot forge it by what it prints. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/case_result.hpp"

namespace holdfast {

// One XML report in GoogleTest's form, of all cases of a batch, made of the reports of its
// processes.
class GtestMerge {
 public:
  // Takes the elements of the cases that ran, and of what failed outside of cases. A case that is
  // known is replaced. Ignores what is no such report.
  void add(std::string_view xml);
  // What a case printed that did not pass. It stands in the report if the case has no element that
  // tells of a failure: its process died, or did not write a report.
  void add_words(std::string_view name, std::string words);

  // Each result once, then the other cases that are known. `timestamp`: when the batch began, in
  // GoogleTest's form.
  std::string text(const std::vector<CaseResult>& results, std::string_view timestamp) const;

 private:
  struct Known {
    std::string name;
    std::string element;
    std::string words;
  };
  Known& known(std::string_view name);

  std::vector<Known> cases_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in cases_, by name
  std::vector<std::string> outside_;
};

// The XML that test programs write of their cases: its elements, in their order.

// The text that a value with entities (`&lt;`, `&#x0A;`) stands for. What is no entity stays.
std::string without_entities(std::string_view text);

// Reads `<name …>`, `<name … />` and `</name>` one after the other.
class XmlTags {
 public:
  // `xml` must outlive this object.
  explicit XmlTags(std::string_view xml) : rest_(xml) {}

  // None: the text is at its end, or is cut off in the middle of an element.
  std::optional<std::string_view> next();
  // Returns the text between the last element and the next, without its entities.
  const std::string& text() const { return text_; }

 private:
  std::string_view rest_;
  std::string text_;
};

// Whether it is `<name …>`.
bool is_xml_beginning(std::string_view tag, std::string_view name);

// The value of an attribute of an element; none: it has no such attribute. All values are in double
// quotes.
std::optional<std::string> xml_attribute(std::string_view tag, std::string_view name);

struct GtestReport {
  std::vector<ReportedCase> cases;  // those that ran, in their order: `Suite.Name`
  // Their elements, and those of what failed outside of cases. They are parts of the report's text.
  std::vector<std::string_view> elements;
  std::vector<std::string_view> outside;
  // How many cases were to run and never began. They count as passed in the report.
  std::size_t not_begun = 0;
  bool has_failures = false;  // those outside of cases too

  // Whether a program with this report ends so: GoogleTest's main() returns 1 if anything failed.
  bool agrees_with(const ProcessEnd& end) const {
    return end.kind == ProcessEnd::Kind::exited && (end.code != 0) == has_failures;
  }
};

// None: it is not such a report, or is cut off.
std::optional<GtestReport> parse_gtest_report(std::string_view xml);

}  // namespace holdfast
