// Reads a journal, however its run ended.
//
// A journal is read after any death: the last line may be cut off, a disk may have been full, a
// newer Holdfast may have written types this one does not know. All of that is skipped and
// counted; nothing throws and nothing crashes. Memory is bounded by the records themselves:
// a line longer than k_max_journal_line is passed over without being kept.
#pragma once

#include "core/base/result.hpp"
#include "store/records.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace holdfast {

inline constexpr std::size_t k_max_journal_line = 4U << 20U;
// So many complaints are kept; Journal::flaws counts them all.
inline constexpr std::size_t k_max_complaints = 20;

struct Complaint {
  std::size_t line = 0;  // from 1
  std::string what;
};

struct Journal {
  std::vector<Record> records;        // in the order of the file
  std::vector<Complaint> complaints;  // the first few lines that were ignored, wholly or partly
  std::size_t flaws = 0;              // how many such lines there are
  bool cut_off = false;               // the last line has no newline
};

// Blocks as the stream does. A read error ends the journal as an end of file would.
Journal read_journal(std::istream& stream);

// Fails only when the file cannot be opened.
Result<Journal> read_journal(const std::filesystem::path& file);

}  // namespace holdfast
