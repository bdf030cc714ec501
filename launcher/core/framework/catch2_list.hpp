// The cases of a Catch2 program, as it lists them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/framework/program_words.hpp"

namespace holdfast {

struct Catch2List {
  // In the program's order, each name once. Cases of one name differ only in their tags or classes,
  // and no selection can tell them apart.
  std::vector<std::string> cases;
  std::string trouble;  // why some cases may be missing; empty: none is
};

// Reads the file that `--list-tests --reporter xml::out=FILE` of version 3 makes. None: `xml` is
// not such a file, or is cut off.
std::optional<Catch2List> parse_catch2_xml_list(std::string_view xml);

// Reads what `--list-tests --list-test-names-only` of version 2 prints: the list for people, which
// ends with the number of cases, then a line per name, in quotes if the name begins with `#`. Other
// text may stand before and after. If a name has several lines, `trouble` says so. None: there is
// no list.
std::optional<Catch2List> parse_catch2_name_list(std::string_view text);

// Moves the cases of other shards from `cases` to the returned list.
std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard);

}  // namespace holdfast
