// A report that is written at the end of each run: `junit:results.xml`, an entry of `reports` in
// holdfast.toml.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/words.hpp"

namespace holdfast {

enum class ReportFormat : std::uint8_t { text, json, junit, trace, github, html };

constexpr std::array<std::string_view, 6> words_of(ReportFormat) {
  return {"text", "json", "junit", "trace", "github", "html"};
}

struct ReportRequest {
  ReportFormat format = ReportFormat::text;
  std::string file =
      {};  // below the build tree, or absolute; empty: it is printed after the summary

  friend bool operator==(const ReportRequest&, const ReportRequest&) = default;
};

// `FORMAT:FILE`, or `text` or `github` alone. A comma would end the file's name in a list.
Result<ReportRequest> parse_report_request(std::string_view text);
std::string to_text(const ReportRequest& request);

}  // namespace holdfast
