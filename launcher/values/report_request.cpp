#include "values/report_request.hpp"

namespace holdfast {
namespace {

// By format.
constexpr bool k_may_be_printed[] = {
#define HOLDFAST_REPORT_FORMAT(name, outputs, alone) alone,
#include "values/report_formats.def"
};

}  // namespace

Result<ReportRequest> parse_report_request(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::optional<ReportFormat> format = named<ReportFormat>(text.substr(0, colon));
  const bool has_file = colon != std::string_view::npos;
  const std::string_view file = has_file ? text.substr(colon + 1) : std::string_view();
  const bool is_good_file =
      !file.empty() && file.find_first_of(std::string_view(",\0", 2)) == std::string_view::npos;
  if (!format ||
      (has_file ? !is_good_file : !k_may_be_printed[static_cast<std::size_t>(*format)])) {
    return BadValue{brief_in_quotes(text),
                    "a format and a file, such as junit:results.xml, or text or github alone"};
  }
  return ReportRequest{*format, std::string(file)};
}

std::string to_text(const ReportRequest& request) {
  const std::string format(name_of(request.format));
  return request.file.empty() ? format : format + ":" + request.file;
}

}  // namespace holdfast
