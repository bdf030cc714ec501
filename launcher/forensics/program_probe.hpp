// The test's program and its neighbours. Each function may hang on a dead file system, so it is
// meant for os::BoundedWork.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/program_identity.hpp"
#include "core/base/result.hpp"

namespace holdfast::forensics {

// Says whether the program is there, and how it differs from `before`. `before` is what the run or
// the attempt saw first. It is empty if nobody had looked.
Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before);

// The same for files that the test reads, in one or two lines for each. For a missing file it adds
// what look_at_directory() says.
struct KnownFile {
  std::string path;
  std::optional<ProgramIdentity> before;
};
Result<std::string> look_at_inputs(const std::vector<KnownFile>& files);

// Says how many entries the program's directory has, and which have a similar name. If the
// directory is gone, it says how much of the path is left. It stops counting at `most` entries and
// says so.
inline constexpr std::size_t k_most_entries = 200'000;
Result<std::string> look_at_directory(const std::string& path, std::size_t most = k_most_entries);

}  // namespace holdfast::forensics
