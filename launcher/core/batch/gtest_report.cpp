#include "core/batch/gtest_report.hpp"

#include <utility>

#include "core/batch/xml.hpp"

namespace holdfast {
namespace {

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
      if (is_open_) open_.end = CaseEnd::failed;
    } else if (tag.starts_with("<skipped") && is_open_ && open_.end == CaseEnd::passed) {
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
    const auto size = static_cast<std::size_t>(last.data() + last.size() - begin_);
    if (is_open_ && did_run_) {
      report_.elements.emplace_back(begin_, size);
      report_.cases.push_back(std::move(open_));
    } else if (is_open_ && !has_name_ && open_.end == CaseEnd::failed) {
      report_.outside.emplace_back(begin_, size);
    }
    is_open_ = false;
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

std::optional<GtestReport> parse_gtest_report(std::string_view xml) { return Reader(xml).read(); }

}  // namespace holdfast
