// Suggests the word that a user may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// ` (did you mean "timeout"?)`; empty: no candidate is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace holdfast
