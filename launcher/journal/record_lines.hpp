// Makes the lines of a journal. (Their reader is journal/journal_reader.) Every process of ours
// writes records, so this uses our own writer of JSON: one line per test is written while ctest
// waits, and to build JSON objects would take ten times as long. Pure.
#pragma once

#include <chrono>
#include <string>

#include "journal/records.hpp"

namespace holdfast {

// A complete line, newline included, for one write(2) to a descriptor opened with O_APPEND. Bytes
// that are not UTF-8 are replaced. For each type of record but CasesRecord, which is written case
// by case (batches/batch_report).
template <typename Record>
std::string line_of(const Record& record);

// For `at`, and for other fields in seconds.
inline double in_seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

}  // namespace holdfast
