// The first and the last record of a journal, read without what is between them.
#pragma once

#include <filesystem>
#include <optional>

#include "store/records.hpp"

namespace holdfast {

// Nothing when the journal does not begin with this record.
std::optional<RunStarted> first_record(const std::filesystem::path& journal);

// Nothing while the run is under way, and when its writer died before the end.
std::optional<RunEnded> end_record(const std::filesystem::path& journal);

}  // namespace holdfast
