// What a bundle holds, and by which names (docs/reference/report-formats.md). A bundle is the run
// of `holdfast report --bundle` in one archive.
#pragma once

#include <string_view>

namespace holdfast {

namespace bundle_names {
// The last entry, so that a bundle that is cut off has none.
inline constexpr std::string_view k_manifest = "bundle.json";
// Below it are the files of the run's directory.
inline constexpr std::string_view k_run = "run/";
// The lines of the build journal that belong to the run.
inline constexpr std::string_view k_steps = "steps.jsonl";
// What the report read from ctest's log: which part of which piece
// (report/bundle/write_bundle.hpp).
inline constexpr std::string_view k_printed = "printed.jsonl";
inline constexpr std::string_view k_printed_pieces = "printed/";
inline constexpr std::string_view k_left_out = "left-out.txt";
// For people.
inline constexpr std::string_view k_settings = "holdfast.toml";
inline constexpr std::string_view k_machine = "machine.json";
inline constexpr std::string_view k_cmake = "cmake.txt";
}  // namespace bundle_names

// Whether a report is made from the entry with this path. No such path leads out of anywhere. If
// more paths are, the bundle's format gets a new number: an older reader would miss them in the
// sum.
bool is_of_report(std::string_view path);

}  // namespace holdfast
