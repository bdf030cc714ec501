// A report that is written at the end of each run: `junit:results.xml`, an entry of `reports` in
// holdfast.toml.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

enum class ReportFormat : std::uint8_t {
#define HOLDFAST_REPORT_FORMAT(name, ...) name,
#include "values/report_formats.def"
};

constexpr auto words_of(ReportFormat) {
  return std::to_array<std::string_view>({
#define HOLDFAST_REPORT_FORMAT(name, ...) #name,
#include "values/report_formats.def"
  });
}

struct ReportRequest {
  ReportFormat format = ReportFormat::text;
  // Below the build tree, or absolute; empty: it is printed after the summary.
  std::string file = {};

  friend bool operator==(const ReportRequest&, const ReportRequest&) = default;
};

// `FORMAT:FILE`, or `text` or `github` alone. A comma would end the file's name in a list.
Result<ReportRequest> parse_report_request(std::string_view text);
std::string to_text(const ReportRequest& request);

}  // namespace holdfast
