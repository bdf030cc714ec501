#include <cstddef>
#include <utility>

#include "core/batch/xml.hpp"
#include "core/framework/case_report.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_deepest_suite = 100;

class BoostReader {
 public:
  BoostReader(std::string_view xml, bool fails, const std::string& own_case)
      : tags_(xml), fails_(fails), own_case_(own_case) {}

  CaseReport read() {
    while (const std::optional<std::string_view> tag = tags_.next()) take(*tag);
    if (report_.died_in || is_too_deep_) report_.is_through = false;
    report_.ran_nothing = report_.is_through && report_.cases.empty();
    return std::move(report_);
  }

 private:
  void take(std::string_view tag) {
    const bool is_whole = tag.ends_with("/>");
    if (tag == "</TestLog>") {
      report_.is_through = true;
    } else if (is_xml_beginning(tag, "TestSuite")) {
      const std::string name = xml_attribute(tag, "name").value_or("");
      is_whole ? end_unrun_suite(tag, name) : begin_suite(name);
    } else if (tag == "</TestSuite>") {
      if (!suites_.empty()) suites_.pop_back();
    } else if (is_xml_beginning(tag, "TestCase")) {
      open_ = ReportedCase{path_of(xml_attribute(tag, "name").value_or(""))};
      if (is_whole) end_unrun(tag);
    } else if (tag == "</TestCase>") {
      end_case();
    } else if (open_) {
      take_in_case(tag);
    }
  }

  // The first suite is the module itself, which is in no path.
  void begin_suite(const std::string& name) {
    is_too_deep_ = is_too_deep_ || suites_.size() > k_deepest_suite;
    suites_.push_back(suites_.empty() || is_too_deep_ ? std::string()
                                                      : suites_.back() + name + "/");
  }

  std::string path_of(const std::string& name) const {
    return suites_.empty() ? name : suites_.back() + name;
  }

  // What is disabled, or not selected, is none of the run's.
  static bool is_selected(std::string_view tag) {
    return xml_attribute(tag, "reason") != "disabled";
  }

  void end_unrun_suite(std::string_view tag, const std::string& name) {
    if (xml_attribute(tag, "skipped") != "yes" || !is_selected(tag)) return;
    const std::string path = path_of(name) + "/";
    const bool has_own = own_case_.starts_with(path);
    report_.cases.push_back({has_own ? own_case_ : path + "*", CaseEnd::skipped});
  }

  void end_unrun(std::string_view tag) {
    if (is_selected(tag)) {
      open_->end = CaseEnd::skipped;
      report_.cases.push_back(std::move(*open_));
    }
    open_.reset();
  }

  void take_in_case(std::string_view tag) {
    const bool is_failure = is_xml_beginning(tag, "Error") || is_xml_beginning(tag, "FatalError") ||
                            is_xml_beginning(tag, "Exception");
    if (is_failure && fails_) open_->end = CaseEnd::failed;
    if (tag == "</Message>" && tags_.text() == "Test is aborted" && fails_) is_aborted_ = true;
  }

  void end_case() {
    if (!open_) return;
    if (is_aborted_) {
      report_.died_in = std::exchange(open_, std::nullopt);
      return;
    }
    report_.cases.push_back(std::move(*open_));
    open_.reset();
  }

  XmlTags tags_;
  bool fails_;
  const std::string& own_case_;
  CaseReport report_;
  std::vector<std::string> suites_;  // the paths of those that are open
  bool is_too_deep_ = false;
  std::optional<ReportedCase> open_;
  bool is_aborted_ = false;  // after a signal, no further case runs
};

}  // namespace

CaseReport read_boost_report(std::string_view xml, const ProcessEnd& end,
                             const std::string& own_case) {
  return BoostReader(xml, !end.exited_with(0), own_case).read();
}

}  // namespace holdfast
