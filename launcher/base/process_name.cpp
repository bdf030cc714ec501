#include "base/process_name.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/environment.hpp"

namespace holdfast {

Result<ProcessName> parse_process_name(std::string_view text) {
  std::string_view rest = text;
  const auto pid = parse_number<int>(take_part(rest, ':'));
  const auto start = parse_number<std::uint64_t>(rest);
  if (pid && start && *pid >= 1) return ProcessName{*pid, *start};
  return BadValue{text_of({"\"", text, "\""}), "PID:START with a pid above 0"};
}

std::string to_text(const ProcessName& process) {
  return text_of({std::to_string(process.pid), ":", std::to_string(process.start)});
}

std::string file_name_of(const ProcessName& process, std::uint64_t pid_namespace) {
  return text_of({std::to_string(process.pid), "-", std::to_string(process.start), "-",
                  std::to_string(pid_namespace)});
}

std::optional<NamespacedProcess> parse_file_name(std::string_view name) {
  name = name.substr(0, name.find('.'));
  const std::size_t second = name.find('-', name.find('-') + 1);
  std::string text(name.substr(0, second));
  std::replace(text.begin(), text.end(), '-', ':');
  const Result<ProcessName> process = parse_process_name(text);
  if (!process) return std::nullopt;
  if (second == std::string_view::npos) return NamespacedProcess{*process, std::nullopt};
  const auto pid_namespace = parse_number<std::uint64_t>(name.substr(second + 1));
  if (!pid_namespace) return std::nullopt;
  return NamespacedProcess{*process, pid_namespace};
}

unsigned numbers_in_namespaces(std::string_view status) {
  const std::string_view rest = text_after(status, "\nNSpid:");
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  return static_cast<unsigned>(std::ranges::count(rest.substr(0, end), '\t'));
}

bool pends(std::string_view status, int signal) {
  const std::string_view mask = text_after(status, "\nShdPnd:\t");
  const auto pending = leading_number<std::uint64_t>(mask, 16).value_or(0);
  return (pending >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

namespace {

// 2^62 and above: nobody sets a limit like that by hand.
constexpr std::uint64_t k_tag_bit = 1ULL << 62U;

// HOLDFAST_HELD names the attempts around this one: `place#attempt`, comma-separated.
bool names_attempt(std::string_view held, std::string_view attempt) {
  const std::string end = text_of({"#", attempt});
  while (!held.empty()) {
    if (take_part(held, ',').ends_with(end)) return true;
  }
  return false;
}

}  // namespace

std::uint64_t tag_number(std::string_view attempt) {
  return (Fnv1a().add(attempt).value() & (k_tag_bit - 1)) | k_tag_bit;
}

bool is_tag(std::uint64_t limit) { return (limit & ~(k_tag_bit - 1)) == k_tag_bit; }

bool environment_has_attempt(std::string_view environment, std::string_view attempt) {
  for (std::string_view value : TextParts{environment, '\0'}) {
    const std::string_view name = take_part(value, '=');
    if (name == environment::k_attempt_id && value == attempt) return true;
    if (name == environment::k_held && names_attempt(value, attempt)) return true;
  }
  return false;
}

std::uint64_t tag_in_limits(std::string_view limits) {
  const std::string_view soft = trimmed(text_after(limits, "Max file locks"), " ");
  return leading_number<std::uint64_t>(soft).value_or(0);
}

std::string cgroup_name(std::string_view tree, std::string_view attempt) {
  return cgroup_prefix(tree) + encode_file_name(attempt);
}

std::string cgroup_prefix(std::string_view tree) {
  return text_of({names::k_cgroup_prefix, std::to_string(Fnv1a().add(tree).value()), "-"});
}

}  // namespace holdfast
