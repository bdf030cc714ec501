#include "forensics/findings.hpp"

#include <algorithm>
#include <string_view>

#include "core/base/json_line.hpp"
#include "core/base/parts.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_longest_text = 4096;
constexpr std::size_t k_width = 10;

// Replaces what would move a terminal's cursor.
std::string fit_for_lines(std::string_view text) {
  std::string fit(text.substr(0, k_longest_text));
  for (char& c : fit) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) c = '?';
  }
  return fit;
}

// At least one blank follows, even after the longest text.
std::string padded(std::string_view text) {
  return std::string(text) + std::string(k_width - std::min(k_width - 1, text.size()), ' ');
}

}  // namespace

std::string to_text(const std::vector<Finding>& findings) {
  std::string block;
  for (const Finding& finding : findings) {
    const std::string text = (finding.failed ? "not known: " : "") + fit_for_lines(finding.text);
    std::string_view rest = text;
    std::string heading = padded(finding.probe);
    do {
      block += text_of({"holdfast:   ", heading, take_part(rest, '\n'), "\n"});
      heading = padded("");
    } while (!rest.empty());
  }
  return block;
}

std::string to_json(const std::vector<Finding>& findings) {
  std::string json = "{";
  for (const Finding& finding : findings) {
    if (json.size() > 1) json += ',';
    append_json_string(json, finding.probe);
    json += finding.failed ? R"(:{"failed":)" : R"(:{"text":)";
    append_json_string(json, std::string_view(finding.text).substr(0, k_longest_text));
    json += '}';
  }
  return json + "}";
}

}  // namespace holdfast::forensics
