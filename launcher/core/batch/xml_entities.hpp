// Text in the XML that test programs write.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// The text that a value with entities (`&lt;`, `&#x0A;`) stands for. What is no entity stays.
std::string without_entities(std::string_view text);

}  // namespace holdfast
