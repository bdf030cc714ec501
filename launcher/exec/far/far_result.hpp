// The result of an attempt, as the far side tells it to the near one: a message with one field for
// each member of AttemptResult that the far side knows.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

std::string to_text(const supervision::AttemptResult& result);

// Reads that message. The outcome is the far side's: a batch is judged by its cases.
Result<supervision::AttemptResult> far_result_in(std::string_view text);

}  // namespace holdfast::exec
