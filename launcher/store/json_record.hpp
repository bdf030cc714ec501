// Parses one line of a journal. (core/journal/record_lines makes them.)
#pragma once

#include "core/journal/records.hpp"

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

}  // namespace holdfast
