// The cases of a Catch2 program, as it lists them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// Reads what `--list-test-names-only` of version 2 prints: a line per name, in quotes if the name
// begins with `#`. The process exits with the number of cases, modulo 256. If the program prints
// other text too, or a name has several lines, the number of lines is not that of the cases;
// `trouble` then says so. None: there is no line, and the exit code is not 0.
std::optional<Catch2List> parse_catch2_name_list(std::string_view text, int exit_code);

// `--shard-count` and `--shard-index` of version 3. A shard runs one stretch of the list.
struct Catch2Shard {
  std::size_t count = 1;
  std::size_t index = 0;
};
// Moves the cases of other shards from `cases` to the returned list.
std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard);

}  // namespace holdfast
