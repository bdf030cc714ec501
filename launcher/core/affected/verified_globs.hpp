// Which files CMake lists by file(GLOB … CONFIGURE_DEPENDS): if another one comes, or one goes, it
// configures the build tree again.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct VerifiedGlobs {
  std::vector<std::string> patterns = {};          // core/affected/path_pattern.hpp
  std::set<std::string, std::less<>> listed = {};  // paths, as CMake has them

  // Whether CMake would list the file, and has not.
  bool would_add(std::string_view path) const;
};

// Reads CMakeFiles/VerifyGlobs.cmake, which CMake writes with calls such as
//
//   file(GLOB_RECURSE NEW_GLOB LIST_DIRECTORIES false "/p/res/*.txt")
//   set(OLD_GLOB
//     "/p/res/a.txt"
//     )
VerifiedGlobs read_verified_globs(std::string_view text);

}  // namespace holdfast
