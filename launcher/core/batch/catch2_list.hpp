// The cases of a Catch2 program, as it lists them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// In the program's order, each name once: cases that only their tags or classes tell apart cannot
// be selected apart either.
struct Catch2List {
  std::vector<std::string> cases;
  // Not empty: there may be cases that are not among them, and why.
  std::string trouble;
};

// From the file that `--list-tests --reporter xml::out=FILE` of version 3 makes. None where that is
// no such file, or not all of one.
std::optional<Catch2List> parse_catch2_xml_list(std::string_view xml);

// From what `--list-test-names-only` of version 2 prints: a line per name, with quotes where it
// begins with `#`. Such a process exits with the number of cases, modulo 256, as its code. Text of
// the program's own and names of several lines make another number of lines, which is the trouble
// then. None where it listed none and says that it failed.
std::optional<Catch2List> parse_catch2_name_list(std::string_view text, int exit_code);

// `--shard-count` and `--shard-index` of version 3, which leave a part of the list, in its order.
struct Catch2Shard {
  std::size_t count = 1;
  std::size_t index = 0;
};
// What others would run is moved from `cases` to the returned list.
std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard);

}  // namespace holdfast
