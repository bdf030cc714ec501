// One line of a journal to a record, and the lines that `holdfast end` and the keeper write.
// (The launcher writes attempt_started, attempt_ended and bare by itself.)
#pragma once

#include "store/records.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct ParsedLine {
  std::optional<Record> record;  // empty: the line is no record this version understands
  std::string complaint;         // not empty: what of the line was ignored, and why
};

// Never throws, whatever the bytes are. A field of the wrong type counts as absent and is named
// in the complaint; a missing required field makes the line no record. Unknown fields are
// ignored silently (fields may be added). Bytes that are not UTF-8 are replaced.
ParsedLine parse_record(std::string_view line);

// Complete lines, newline included, for one write(2) to a descriptor opened with O_APPEND.
// Bytes that are not UTF-8 are replaced.
std::string line_of(const RunStarted& record);
std::string line_of(const VerdictRecord& record);
std::string line_of(const RunEnded& record);

}  // namespace holdfast
