// The entries of a part of ctest's log, while ctest writes it.
#pragma once

#include <cstdint>
#include <vector>

#include "store/ctest_log_marks.hpp"

namespace holdfast::cli {

struct WholeEntries {
  std::vector<LogEntry> entries;
  std::uint64_t read = 0;  // where to read on later: after the output of the last entry; 0: none
  bool is_all = true;      // false: an entry without an end is left
};

// Whether ctest may still be writing the first entry without an end. If it is not, a test printed
// something like the beginning of an entry, and the entries after it count.
enum class LastEntry : std::uint8_t { may_grow, is_as_it_is };

// `marks`: of the part, which begins between two entries or at the end mark of one. ctest writes an
// entry in several pieces. If the last one has no end yet, the marks that its output shows are no
// entries.
WholeEntries whole_entries(const std::vector<LogMark>& marks, LastEntry last);

}  // namespace holdfast::cli
