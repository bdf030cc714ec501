// The cases of a Catch2 program, as it lists them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// How names of Catch2's cases are written on the command line, to select them. Catch2 ignores upper
// and lower case in names, and blanks around them. A `*` at an end of a name stands for any text,
// even after a `\`. A name that begins with `exclude:` gets a `*` in front, because Catch2 takes
// that word as its own. Source: TestSpecParser and WildcardPattern of versions 2.13 and 3.

// The selection of a case; catch2_selects() says which other cases it selects too. None: the name
// consists of blanks, and no selection selects it.
std::optional<std::string> catch2_selection(std::string_view name);

// Whether the selection of `name` selects `other` as well.
bool catch2_selects(std::string_view name, std::string_view other);

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

// `--shard-count` and `--shard-index` of version 3. A shard runs one stretch of the list.
struct Catch2Shard {
  std::size_t count = 1;
  std::size_t index = 0;
};
// Moves the cases of other shards from `cases` to the returned list.
std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard);

}  // namespace holdfast
