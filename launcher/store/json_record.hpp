// Parses one line of a journal, and makes the lines that `holdfast end` and the keeper write. (The
// launcher makes the lines of its own records: attempt_started, attempt_ended and bare.)
#pragma once

#include "store/records.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct ParsedLine {
  std::optional<Record> record;  // empty: the line has no record that this version understands
  std::string complaint;         // not empty: what was ignored in the line, and why
};

// Never throws, whatever the bytes are. A field of the wrong type counts as absent, and the
// complaint names it. A line without a required field is no record. Unknown fields are ignored
// silently, because fields may be added. Bytes that are not UTF-8 are replaced.
ParsedLine parse_record(std::string_view line);

// Complete lines, newline included, for one write(2) to a descriptor opened with O_APPEND.
// Bytes that are not UTF-8 are replaced.
std::string line_of(const RunStarted& record);
std::string line_of(const Stale& record);
std::string line_of(const VerdictRecord& record);
std::string line_of(const RunEnded& record);
std::string line_of(const LogWordRecord& record);
std::string line_of(const PlannedRecord& record);
std::string line_of(const ServiceRecord& record);

}  // namespace holdfast
