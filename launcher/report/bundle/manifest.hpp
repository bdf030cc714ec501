// What a bundle holds, and by which names (docs/reference/report-formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "report/model.hpp"

namespace holdfast {

// Files may be added without a new number, because a reader ignores those that it does not know.
inline constexpr std::int64_t k_bundle_format = 1;

namespace bundle_names {
// The last entry, so that a bundle that is cut off has none.
inline constexpr std::string_view k_manifest = "bundle.json";
// Below it are the files of the run's directory.
inline constexpr std::string_view k_run = "run/";
// The lines of the build journal that belong to the run.
inline constexpr std::string_view k_steps = "steps.jsonl";
// What the report read from ctest's log: which part of which piece (printed.hpp).
inline constexpr std::string_view k_printed = "printed.jsonl";
inline constexpr std::string_view k_printed_pieces = "printed/";
inline constexpr std::string_view k_left_out = "left-out.txt";
// For people.
inline constexpr std::string_view k_settings = "holdfast.toml";
inline constexpr std::string_view k_machine = "machine.json";
inline constexpr std::string_view k_cmake = "cmake.txt";
}  // namespace bundle_names

// Whether a report is made from the entry with this path. No such path leads out of anywhere.
bool is_of_report(std::string_view path);

struct Manifest {
  std::string version;  // of the Holdfast that made the bundle
  std::string run;
  RunState state = RunState::over;
  bool complete = false;  // ctest came to its end
};

std::string text_of(const Manifest& manifest);
// Fails for a newer format too. The error says what was expected.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace holdfast
