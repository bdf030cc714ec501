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

// The files that differ from what is committed, by their paths. A stamp is any text that changes
// when the file is written.
using FileStamps = std::map<std::string, std::string>;

struct TrackedLook {
  std::string commit;  // the one that was checked out; empty: there is none
  std::int64_t at_ns = 0;
  FileStamps stamps;

  friend bool operator==(const TrackedLook&, const TrackedLook&) = default;
};

// Returns a look as a text for the disk. `whose` names, in one line, the ctest before whose tests
// the look was.
std::string look_as_text(std::string_view whose, const TrackedLook& look);
// Returns none if the look is another ctest's, or if the text is no look.
std::optional<TrackedLook> look_from_text(std::string_view text, std::string_view whose);

// Returns the commit that is checked out, as `git status --porcelain=v2 --branch -z` says. Empty:
// none.
std::string commit_in_status(std::string_view text);

// Returns the files that changed, sorted. `stamp_of` gives the stamp that a file has now, because a
// file that differed before and does not differ now may have been committed meanwhile.
std::vector<std::string> changed_since(
    const FileStamps& before, const FileStamps& now,
    const std::function<std::string(const std::string&)>& stamp_of);

}  // namespace holdfast
