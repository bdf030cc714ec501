// Reads a journal, however its run ended.
//
// A run may die in any way: the last line may be cut off, or the disk may have been full. A newer
// Holdfast may have written types of records that this version does not know. The reader skips and
// counts all of that; it never throws and never crashes. It needs no more memory than the records
// take: it does not keep a line longer than k_max_journal_line.
#pragma once

#include "core/base/result.hpp"
#include "store/records.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

inline constexpr std::size_t k_max_journal_line = 4U << 20U;
// The most complaints that are kept; Journal::flaws counts them all.
inline constexpr std::size_t k_max_complaints = 20;

struct Complaint {
  std::size_t line = 0;  // from 1
  std::string what;
};

struct Journal {
  std::vector<Record> records;        // in the order of the file
  std::vector<Complaint> complaints;  // the first lines that were ignored, wholly or in part
  std::size_t flaws = 0;              // how many lines were ignored, wholly or in part
  bool cut_off = false;               // the last line has no newline
};

// Blocks as the stream does. A read error ends the journal like an end of file.
Journal read_journal(std::istream& stream);

// Fails only when the file cannot be opened.
Result<Journal> read_journal(const std::filesystem::path& file);

// The first record alone. Nothing when the journal does not begin with a run_started.
std::optional<RunStarted> first_record(const std::filesystem::path& journal);

// The record of the run's end, read without the records before it. Nothing if the run is under way,
// or if its writer died before the end.
std::optional<RunEnded> end_record(const std::filesystem::path& journal);

}  // namespace holdfast
