#include "base/program_identity.hpp"

#include <array>

#include "base/text.hpp"

namespace holdfast {
namespace {

// Enough to tell builds apart; git and debuggers show as much.
constexpr std::size_t k_shown_build_id = 12;

std::string shortened(const std::string& build_id) {
  if (build_id.empty()) return "none";
  return build_id.size() > k_shown_build_id ? build_id.substr(0, k_shown_build_id) + "…" : build_id;
}

}  // namespace

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
