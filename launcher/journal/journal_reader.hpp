// Reads a journal, however its run ended.
//
// A run may die in any way: the last line may be cut off, or the disk may have been full. A newer
// Holdfast may have written types of records that this version does not know. The reader skips and
// counts all of that; it never throws and never crashes. It does not keep a line longer than
// k_max_journal_line.
#pragma once

#include "base/result.hpp"
#include "journal/records.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct RunFile;

// One line of a journal, which journal/records makes.
struct ParsedLine {
  std::optional<Record> record;  // empty: the line has no record that this version understands
  std::string complaint;         // not empty: what was ignored in the line, and why
};

// Never throws, whatever the bytes are. A field of the wrong type counts as absent, and the
// complaint names it. A line without a required field is no record. Unknown fields are ignored
// silently, because fields may be added. Bytes that are not UTF-8 are replaced.
ParsedLine parse_record(std::string_view line);

inline constexpr std::size_t k_max_journal_line = 4U << 20U;
// The most complaints that are kept; Journal::flaws counts them all.
inline constexpr std::size_t k_max_complaints = 20;

struct Complaint {
  std::size_t line = 0;  // from 1
  std::string what;
};

// What was wrong with a journal.
struct JournalFlaws {
  std::vector<Complaint> complaints;  // the first lines that were ignored, wholly or in part
  std::size_t flaws = 0;              // how many lines were ignored, wholly or in part
  bool cut_off = false;               // the last line has no newline
};

struct Journal : JournalFlaws {
  std::vector<Record> records;  // in the order of the file
};

// Calls `see` with each record, in the order of the file: a large run has more records than memory
// should hold. Blocks as the stream does. A read error ends the journal like an end of file.
using SeeRecord = std::function<void(Record&&)>;
JournalFlaws read_records(std::istream& stream, const SeeRecord& see);

// Fails only when the file cannot be opened.
Result<JournalFlaws> read_records(const std::filesystem::path& file, const SeeRecord& see);

// The same with all records at once.
Journal read_journal(std::istream& stream);
Result<Journal> read_journal(const std::filesystem::path& file);

// The attempts that have begun and have no last record.
std::vector<AttemptStarted> unended_attempts(const std::vector<Record>& records);

// The first record alone. Nothing when the journal does not begin with a run_started.
std::optional<RunStarted> first_record(const std::filesystem::path& journal);
// Reads from the beginning, where the stream must be.
std::optional<RunStarted> first_record(const RunFile& journal);

// The record of the run's end, read without the records before it. Nothing if the run is under way,
// or if its writer died before the end.
std::optional<RunEnded> end_record(const std::filesystem::path& journal);
// Wherever the stream is.
std::optional<RunEnded> end_record(const RunFile& journal);

}  // namespace holdfast
