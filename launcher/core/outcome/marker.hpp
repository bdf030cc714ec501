// The marker protocol, version 1: a test process that is about to exit on purpose, having reported
// its failure, says so by a file. docs/reference/marker-protocol.md is the page; the writer for C
// and C++ is include/holdfast/mark.h.
//
// Whatever is in a marker was written by a test: nothing is believed that cannot be checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"

namespace holdfast {

struct Marker {
  std::string attempt;  // id
  ProcessName process;  // that left it
  std::string reason;   // any bytes; may be empty

  friend bool operator==(const Marker&, const Marker&) = default;
};

// One that is longer is none.
inline constexpr std::size_t k_longest_marker = 4095;

// The name of the file in the marker directory.
std::string marker_file_name(int pid);
// The reason is cut so that the whole is no longer than a marker may be.
std::string marker_text(const Marker& marker);

// Whatever the bytes are. The error says what is wrong with the file: "is cut off".
Result<Marker> parse_marker(std::string_view bytes);

// The one process whose marker counts. When it was started is known to lie between two instants, in
// clock ticks since boot.
struct MarkerOwner {
  std::string attempt;
  int pid = 0;  // as the process knows itself; 0: it is not known, and no marker is its own
  std::uint64_t earliest_start = 0;
  std::uint64_t latest_start = 0;
};

// A file in the marker directory, as far as it could be read.
struct MarkerFile {
  std::string name;
  Result<std::string> text;  // its error: why it is not read ("is not a regular file")
};

// Somebody else's marker, or none at all.
struct OrphanMarker {
  std::string file;
  std::string why;  // "is of process 17, which is not the test's main process"

  friend bool operator==(const OrphanMarker&, const OrphanMarker&) = default;
};

struct JudgedMarkers {
  std::optional<std::string> reason;  // of the owner's marker; none: it left none
  std::vector<OrphanMarker> orphans;
};

JudgedMarkers judge_markers(const std::vector<MarkerFile>& files, const MarkerOwner& owner);

}  // namespace holdfast
