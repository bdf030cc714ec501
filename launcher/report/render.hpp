// The one entry to all formats, for `holdfast report --format`.
#pragma once

#include "core/base/words.hpp"
#include "report/model.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Format : std::uint8_t { text, json, junit };

constexpr std::array<std::string_view, 3> words_of(Format) { return {"text", "json", "junit"}; }

// The whole report, with a newline at its end. Never fails, whatever bytes names and outputs hold.
std::string render(const RunReport& report, Format format);

// For people, on a terminal.
std::string render_text(const RunReport& report);
// For programs: docs/reference/report-formats.md. Fields may be added, never renamed.
std::string render_json(const RunReport& report);
// XML in the dialect of Jenkins' xunit plugin and of Maven Surefire (flakyFailure, rerunFailure).
std::string render_junit(const RunReport& report);

}  // namespace holdfast
