// A regular expression for ctest's -R and -E that matches tests by their names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Matches these names and no others. Records show a byte that is no UTF-8 as U+FFFD; the expression
// has any such bytes there.
std::string expression_for_names(const std::vector<std::string>& names);

// Whether ctest refuses the expression, which is one of those above: "Expression too big" (65,535
// bytes when compiled, cmsys/RegularExpression.cxx).
bool is_too_large_for_ctest(std::string_view expression);

}  // namespace holdfast
