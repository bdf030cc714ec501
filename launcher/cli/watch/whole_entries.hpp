// The entries of a part of ctest's log, while ctest writes it.
#pragma once

#include <cstdint>
#include <vector>

#include "store/ctest_log_marks.hpp"

namespace holdfast::cli {

struct WholeEntries {
  std::vector<LogEntry> entries;
  std::uint64_t read = 0;  // where to read on later: after the output of the last entry; 0: none
};

// `marks`: of the part, which begins between two entries or at the end mark of one. ctest writes an
// entry in several pieces. If the last one has no end yet, the marks that its output shows are no
// entries.
WholeEntries whole_entries(const std::vector<LogMark>& marks);

}  // namespace holdfast::cli
