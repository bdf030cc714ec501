// The form in which files go to holdfast-archive and come from it, one after the other: a head,
// then the bytes of the file. The head is one line, 20 digits and the name:
//
//     00000000000000000022 run/journal.jsonl
//
// All heads of one name have the same length, so the number can be written when the bytes are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.hpp"

namespace holdfast {

// What a bundle holds, and by which names (docs/reference/report-formats.md). A bundle is the run
// of `holdfast report --bundle` in one archive.

namespace bundle_names {
// The last entry, so that a bundle that is cut off has none.
inline constexpr std::string_view k_manifest = "bundle.json";
// Below it are the files of the run's directory.
inline constexpr std::string_view k_run = "run/";
// The lines of the build journal that belong to the run.
inline constexpr std::string_view k_steps = "steps.jsonl";
// What the report read from ctest's log: which part of which piece
// (report/bundle/bundle.hpp).
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

// The files of an archive may have this much, with a head and k_packed_entry for each. More is no
// bundle of ours: it would fill the disk of whoever reads it.
inline constexpr std::uint64_t k_largest_bundle = std::uint64_t{2} << 30U;
// What an entry itself takes in a tar. So entries without bytes are bounded too.
inline constexpr std::uint64_t k_packed_entry = 512;

struct PackedHead {
  std::uint64_t size = 0;  // of the file
  std::string name;        // without a line break
};

// With its line break.
std::string line_of(const PackedHead& head);
// Takes the line without its break. None: it is no head.
std::optional<PackedHead> parse_packed_head(std::string_view line);

// All files that a report is made from, as one number. `bundle.json` has it, because a damaged
// archive may still be unpacked: libarchive does not check gzip's checksum, and tar has none. The
// order of the files does not count: people pack archives anew.
class BundleSum {
 public:
  // Begins the next file. Its bytes follow, in pieces of any size.
  void begin(std::string_view name);
  void add(std::string_view bytes) {
    if (counts_) file_.add(bytes);
  }
  // 16 digits of all files so far.
  std::string text();

 private:
  void end();

  Fnv1a file_;
  bool counts_ = false;
  std::uint64_t sum_ = 0;
};

}  // namespace holdfast
