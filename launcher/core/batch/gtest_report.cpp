#include "core/batch/gtest_report.hpp"

#include <cstddef>
#include <utility>

#include "core/batch/xml_entities.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_text = "<![CDATA[";
constexpr std::string_view k_end_of_text = "]]>";
constexpr std::string_view k_last = "</testsuites>";

// The value of an attribute of the element that begins with `tag`; none: it has no such attribute.
// GoogleTest puts all values into double quotes, and escapes those in them.
std::optional<std::string> attribute(std::string_view tag, std::string_view name) {
  std::size_t at = tag.find(' ');
  while (at != std::string_view::npos && at < tag.size()) {
    const std::size_t begin = tag.find_first_not_of(" \n", at);
    const std::size_t equals = begin == std::string_view::npos ? begin : tag.find("=\"", begin);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::size_t end = tag.find('"', equals + 2);
    if (end == std::string_view::npos) return std::nullopt;
    if (tag.substr(begin, equals - begin) == name) {
      return without_entities(tag.substr(equals + 2, end - equals - 2));
    }
    at = end + 1;
  }
  return std::nullopt;
}

// A case that never began has the beginning of all times as its time, in any time zone.
bool has_begun(std::string_view tag) {
  const std::string at = attribute(tag, "timestamp").value_or("");
  return !at.starts_with("1970-01-01") && !at.starts_with("1969-12-31");
}

class Reader {
 public:
  explicit Reader(std::string_view xml) : rest_(xml) {}

  std::optional<GtestReport> read() {
    while (const std::optional<std::string_view> tag = next_tag()) {
      if (*tag == k_last) return is_open_ ? std::nullopt : std::optional(std::move(report_));
      take(*tag);
    }
    return std::nullopt;
  }

 private:
  // `<name …>`, `<name … />` or `</name>`. Text is passed over.
  std::optional<std::string_view> next_tag() {
    while (true) {
      const std::size_t begin = rest_.find('<');
      if (begin == std::string_view::npos) return std::nullopt;
      rest_.remove_prefix(begin);
      if (!rest_.starts_with(k_text)) break;
      const std::size_t end = rest_.find(k_end_of_text);
      if (end == std::string_view::npos) return std::nullopt;
      rest_.remove_prefix(end + k_end_of_text.size());
    }
    const std::size_t end = end_of_tag();
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view tag = rest_.substr(0, end + 1);
    rest_.remove_prefix(end + 1);
    return tag;
  }

  // A `>` may stand in a value.
  std::size_t end_of_tag() const {
    bool is_quoted = false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') is_quoted = !is_quoted;
      if (rest_[i] == '>' && !is_quoted) return i;
    }
    return std::string_view::npos;
  }

  void take(std::string_view tag) {
    if (tag.starts_with("<testcase ")) {
      begin_case(tag);
      if (tag.ends_with("/>")) end_case();
    } else if (tag == "</testcase>") {
      end_case();
    } else if (tag.starts_with("<failure")) {
      report_.has_failures = true;
      if (is_open_) open_.end = CaseEnd::failed;
    } else if (tag.starts_with("<skipped") && is_open_ && open_.end == CaseEnd::passed) {
      open_.end = CaseEnd::skipped;
    }
  }

  void begin_case(std::string_view tag) {
    const std::optional<std::string> suite = attribute(tag, "classname");
    const std::optional<std::string> name = attribute(tag, "name");
    open_ = {suite.value_or("") + "." + name.value_or(""), CaseEnd::passed};
    // What fails outside of cases has no name.
    const bool has_name = suite && name && !(suite->empty() && name->empty());
    const std::string result = attribute(tag, "result").value_or("");
    const bool was_to_run = has_name && attribute(tag, "status") == "run" && result != "suppressed";
    did_run_ = was_to_run && (result == "skipped" || has_begun(tag));
    if (was_to_run && !did_run_) ++report_.not_begun;
    is_open_ = true;
  }

  void end_case() {
    if (did_run_ && is_open_) report_.cases.push_back(std::move(open_));
    is_open_ = false;
  }

  std::string_view rest_;
  GtestReport report_;
  ReportedCase open_;
  bool is_open_ = false;
  bool did_run_ = false;
};

}  // namespace

std::optional<GtestReport> parse_gtest_report(std::string_view xml) { return Reader(xml).read(); }

}  // namespace holdfast
