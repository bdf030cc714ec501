// The test's program and its neighbours. Each may hang on a dead file system: meant for
// os::BoundedWork.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/program_identity.hpp"
#include "core/base/result.hpp"

namespace holdfast::forensics {

// Whether it is there, and what is different from `before` (as the run or the attempt knew it
// first; none: it was not looked at).
Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before);

// The same of files that the test reads: each in a line or two, one that is not there with
// look_at_directory().
struct KnownFile {
  std::string path;
  std::optional<ProgramIdentity> before;
};
Result<std::string> look_at_inputs(const std::vector<KnownFile>& files);

// How many entries its directory has, and which look like its name; where the directory is gone,
// how far the path leads. Stops counting at `most` entries and says so.
inline constexpr std::size_t k_most_entries = 200'000;
Result<std::string> look_at_directory(const std::string& path, std::size_t most = k_most_entries);

}  // namespace holdfast::forensics
