#include "core/base/process_name.hpp"

#include <array>

#include "core/base/environment.hpp"
#include "core/base/number.hpp"

namespace holdfast {
namespace {

// 2^62 and above: nobody sets a limit like that by hand.
constexpr std::uint64_t k_tag_bit = 1ULL << 62U;

// HOLDFAST_HELD names the attempts around this one: `place#attempt`, comma-separated.
bool names_attempt(std::string_view held, std::string_view attempt) {
  for (std::size_t at = held.find('#'); at != std::string_view::npos; at = held.find('#', at + 1)) {
    const std::string_view rest = held.substr(at + 1);
    if (rest.starts_with(attempt) &&
        (rest.size() == attempt.size() || rest[attempt.size()] == ',')) {
      return true;
    }
  }
  return false;
}

// Enough to tell builds apart; git and debuggers show as much.
constexpr std::size_t k_shown_build_id = 12;

std::string shortened(const std::string& build_id) {
  if (build_id.empty()) return "none";
  return build_id.size() > k_shown_build_id ? build_id.substr(0, k_shown_build_id) + "…" : build_id;
}

}  // namespace

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
  constexpr std::string_view k_label = "\nNSpid:";
  const std::size_t at = status.find(k_label);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = status.substr(at + k_label.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  return static_cast<unsigned>(std::ranges::count(rest.substr(0, end), '\t'));
}

bool pends(std::string_view status, int signal) {
  constexpr std::string_view k_label = "\nShdPnd:\t";
  const std::size_t at = status.find(k_label);
  if (at == std::string_view::npos) return false;
  const auto pending =
      leading_number<std::uint64_t>(status.substr(at + k_label.size()), 16).value_or(0);
  return (pending >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

std::uint64_t tag_number(std::string_view attempt) {
  return (Fnv1a().add(attempt).value() & (k_tag_bit - 1)) | k_tag_bit;
}

bool is_tag(std::uint64_t limit) { return (limit & ~(k_tag_bit - 1)) == k_tag_bit; }

bool environment_has_attempt(std::string_view environment, std::string_view attempt) {
  while (!environment.empty()) {
    std::string_view value = take_part(environment, '\0');
    const std::string_view name = take_part(value, '=');
    if (name == environment::k_attempt_id && value == attempt) return true;
    if (name == environment::k_held && names_attempt(value, attempt)) return true;
  }
  return false;
}

std::uint64_t tag_in_limits(std::string_view limits) {
  constexpr std::string_view k_label = "Max file locks";
  const std::size_t at = limits.find(k_label);
  if (at == std::string_view::npos) return 0;
  std::string_view rest = limits.substr(at + k_label.size());
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  return leading_number<std::uint64_t>(rest).value_or(0);
}

std::string describe_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> k_units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return counted(bytes, "byte");
  std::size_t unit = 0;
  std::uint64_t rest = bytes;  // in tenths, rounded down
  while (rest >= 1024 * 1024 && unit + 1 < k_units.size()) {
    rest /= 1024;
    ++unit;
  }
  const std::uint64_t tenths = rest * 10 / 1024;
  return text_of(
      {std::to_string(tenths / 10), ".", std::to_string(tenths % 10), " ", k_units[unit]});
}

std::string describe(const ProgramIdentity& program) {
  std::string text =
      text_of({"inode ", std::to_string(program.inode), ", ", describe_size(program.size)});
  if (program.build_id.empty()) return text;
  return text_of({text, ", build-id ", shortened(program.build_id)});
}

std::string describe_change(const ProgramIdentity& before, const ProgramIdentity& after) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& was, const std::string& is) {
    text += text_of({text.empty() ? "" : ", ", what, " ", was, " -> ", is});
  };
  if (before.build_id != after.build_id) {
    add("build-id", shortened(before.build_id), shortened(after.build_id));
  }
  if (before.size != after.size) {
    add("size", std::to_string(before.size), std::to_string(after.size));
  }
  if (before.inode != after.inode || before.device != after.device) {
    add("inode", std::to_string(before.inode), std::to_string(after.inode));
  }
  if (before.modified_ns != after.modified_ns) {
    text += text.empty() ? "modified" : ", modified";
  }
  return text;
}

std::string staleness(std::string_view what, const std::optional<ProgramIdentity>& first,
                      const std::optional<ProgramIdentity>& start,
                      const std::optional<ProgramIdentity>& end) {
  if (!start) return {};
  if (!end) return text_of({"its ", what, " was removed while it ran"});
  if (*start != *end) {
    return text_of({"its ", what, " changed while it ran: ", describe_change(*start, *end)});
  }
  if (!first || *first == *start) return {};
  return text_of({"its ", what, " changed since the run began: ", describe_change(*first, *start)});
}

}  // namespace holdfast
