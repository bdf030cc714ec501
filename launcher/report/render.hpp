// The one entry for whoever wants a report: `holdfast report --format`.
#pragma once

#include "report/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

enum class Format : std::uint8_t { text, json, junit };

// "text", "json", "junit"; nothing for any other name.
std::optional<Format> format_named(std::string_view name);

// The whole report, newline at the end. Never fails, whatever bytes names and outputs hold.
std::string render(const RunReport& report, Format format);

}  // namespace holdfast
