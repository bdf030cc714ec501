#include "doctor/tree/ninja_words.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/parts.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::string_view k_explains = "ninja explain: ";

// The output of which this sentence says that it does not exist.
std::optional<std::string_view> missing_output_in(std::string_view reason) {
  constexpr std::string_view k_begin = "output ";
  constexpr std::string_view k_end = " doesn't exist";
  if (!reason.starts_with(k_begin) || !reason.ends_with(k_end)) return std::nullopt;
  reason.remove_prefix(k_begin.size());
  reason.remove_suffix(k_end.size());
  return reason;
}

// The input of `output a older than most recent input b (1 vs 2)`; empty: the sentence is another.
std::string newer_input_in(std::string_view reason) {
  constexpr std::string_view k_before = " older than most recent input ";
  const std::size_t at = reason.find(k_before);
  if (at == std::string_view::npos) return {};
  reason.remove_prefix(at + k_before.size());
  return std::string(reason.substr(0, reason.rfind(" (")));
}

}  // namespace

std::map<std::string, std::string, std::less<>> outputs_by_command(const std::string& compdb) {
  std::map<std::string, std::string, std::less<>> outputs;
  const auto json = nlohmann::json::parse(compdb, nullptr, false);
  if (!json.is_array()) return outputs;
  for (const auto& step : json) {
    const std::string command = step.value("command", "");
    if (!command.empty()) outputs.emplace(command, step.value("output", ""));
  }
  return outputs;
}

Reasons reasons_in(std::string_view explained, const NinjaLog& logged) {
  Reasons reasons;
  while (!explained.empty()) {
    std::string_view reason = take_part(explained, '\n');
    if (!reason.starts_with(k_explains)) continue;
    reason.remove_prefix(k_explains.size());
    if (reason.ends_with(" is dirty")) continue;
    const std::optional<std::string_view> missing = missing_output_in(reason);
    const bool is_phony = missing && missing->ends_with(" of phony edge with no inputs");
    if (is_phony || (missing && logged.contains(*missing))) {
      reasons.has_others = true;
      continue;
    }
    reasons.all.emplace_back(reason);
    std::string newer = newer_input_in(reason);
    if (!newer.empty()) reasons.newer.push_back(std::move(newer));
  }
  return reasons;
}

}  // namespace holdfast::doctor
