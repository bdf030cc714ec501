// The cases of a program of doctest or Boost.Test, as it lists them. Pure: text in, names out, any
// bytes at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The names that `--list-test-cases --reporters=xml` lists, each once. Cases of one name cannot be
// told apart by a selection. None: it is no such list, or is cut off.
std::optional<std::vector<std::string>> parse_doctest_list(std::string_view xml);

// The paths (`suite/case`) of the cases that `--list_content=DOT` lists.
struct BoostList {
  std::vector<std::string> cases;
  std::vector<std::string> disabled;
};
// Other text may stand before. None: it is no such list, or is cut off.
std::optional<BoostList> parse_boost_list(std::string_view dot);

// Whether a value of `--run_test` selects the case with that path. None: the value has parts that
// are not understood: labels, dependencies, changes of what is enabled.
std::optional<bool> boost_filter_selects(std::string_view filter, std::string_view path);

}  // namespace holdfast
