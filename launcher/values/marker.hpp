// The marker protocol, version 1. A test process that is about to exit on purpose, after it has
// reported its failure, leaves a file that says so. docs/reference/marker-protocol.md is the page;
// include/holdfast/mark.h is the writer for C and C++.
//
// A marker is what a test wrote, so we believe only what we can check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"

namespace holdfast {

struct Marker {
  std::string attempt;  // id
  ProcessName process;  // the process that left the marker
  std::string reason;   // any bytes; may be empty

  friend bool operator==(const Marker&, const Marker&) = default;
};

// How many bytes a marker may have. A longer file is no marker.
inline constexpr std::size_t k_longest_marker = 4095;

// The name of the file in the marker directory.
std::string marker_file_name(int pid);
// Cuts the reason if the text would be longer than a marker may be.
std::string marker_text(const Marker& marker);

// Takes any bytes. The error says what is wrong with the file: "is cut off".
Result<Marker> parse_marker(std::string_view bytes);

// The one process whose marker counts. It began between two instants, in clock ticks since boot.
struct MarkerOwner {
  std::string attempt;
  int pid = 0;  // in the process's own PID namespace; 0: not known, so no marker counts
  std::uint64_t earliest_start = 0;
  std::uint64_t latest_start = 0;
};

// A file in the marker directory, as far as it could be read.
struct MarkerFile {
  std::string name;
  Result<std::string> text;  // or why the file was not read ("is not a regular file")
};

// A marker of another process, or a file that is no marker.
struct OrphanMarker {
  std::string file;
  std::string why;  // "is of process 17, which is not the test's main process"

  friend bool operator==(const OrphanMarker&, const OrphanMarker&) = default;
};

struct JudgedMarkers {
  std::optional<std::string> reason;  // from the owner's marker; none: the owner left no marker
  std::vector<OrphanMarker> orphans;
};

JudgedMarkers judge_markers(const std::vector<MarkerFile>& files, const MarkerOwner& owner);

}  // namespace holdfast
