// The marker reader. It reads to its end whatever a test has put into its marker directory, and
// what it takes for a marker is still one when it is written again.
#include "values/marker.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const Result<Marker> read = parse_marker(bytes);
  if (!read) return read.error().message.empty() ? std::abort(), 0 : 0;
  const std::string text = marker_text(*read);
  // No attempt has a name that long, and the reason may have been spelled shorter.
  if (text.size() > k_longest_marker) return 0;
  const Result<Marker> again = parse_marker(text);
  if (!again || again->process != read->process || again->attempt != read->attempt) std::abort();
  const MarkerOwner owner{read->attempt, read->process.pid, read->process.start,
                          read->process.start};
  const JudgedMarkers judged = judge_markers({{marker_file_name(read->process.pid), bytes}}, owner);
  if (judged.reason != read->reason || !judged.orphans.empty()) std::abort();
  return 0;
}
