// The first and the last record of a journal, without reading what is between.
#pragma once

#include <filesystem>
#include <optional>

#include "store/records.hpp"

namespace holdfast {

// None when the journal does not begin with one.
std::optional<RunStarted> first_record(const std::filesystem::path& journal);

// The run's last record; none while it is being written, or when who would have written it died.
std::optional<RunEnded> end_record(const std::filesystem::path& journal);

}  // namespace holdfast
