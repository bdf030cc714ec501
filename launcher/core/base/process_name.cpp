#include "core/base/process_name.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

Result<ProcessName> parse_process_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto pid = parse_number<int>(text.substr(0, colon));
    const auto start = parse_number<std::uint64_t>(text.substr(colon + 1));
    if (pid && start && *pid >= 1) return ProcessName{*pid, *start};
  }
  return BadValue{text_of({"\"", text, "\""}), "PID:START with a pid above 0"};
}

std::string to_text(const ProcessName& process) {
  return text_of({std::to_string(process.pid), ":", std::to_string(process.start)});
}

}  // namespace holdfast
