// Which files under git's control changed between two looks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The files that differ from what is committed, by their paths. A stamp (any text) is another one
// when the file was written.
using FileStamps = std::map<std::string, std::string>;

struct TrackedLook {
  std::string commit;  // that was checked out; empty: there is none
  std::int64_t at_ns = 0;
  FileStamps stamps;

  friend bool operator==(const TrackedLook&, const TrackedLook&) = default;
};

// A look, on disk. `whose`: the ctest before whose tests it was, a text of one line.
std::string look_as_text(std::string_view whose, const TrackedLook& look);
// None: it is of another ctest, or is no such text.
std::optional<TrackedLook> look_from_text(std::string_view text, std::string_view whose);

// The commit that is checked out, as `git status --porcelain=v2 --branch -z` says; empty: none.
std::string commit_in_status(std::string_view text);

// The files that changed, sorted. `stamp_of` gives the stamp that a file has now: a file that
// differed before and is as committed now may have been committed meanwhile.
std::vector<std::string> changed_since(
    const FileStamps& before, const FileStamps& now,
    const std::function<std::string(const std::string&)>& stamp_of);

}  // namespace holdfast
