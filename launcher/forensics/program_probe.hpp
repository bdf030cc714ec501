// The test's program and its neighbours. Each function may hang on a dead file system, so it is
// meant for os::BoundedWork.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/program_identity.hpp"
#include "core/base/result.hpp"

namespace holdfast::forensics {

// Whether the program is there, and what differs from `before`: how the run or the attempt first
// knew it, or nothing if nobody had looked.
Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before);

// The same for files that the test reads, in a line or two each. For a missing file it adds
// look_at_directory().
struct KnownFile {
  std::string path;
  std::optional<ProgramIdentity> before;
};
Result<std::string> look_at_inputs(const std::vector<KnownFile>& files);

// How many entries the program's directory has, and which have a similar name. If the directory is
// gone: how much of the path is left. Stops counting at `most` entries and says so.
inline constexpr std::size_t k_most_entries = 200'000;
Result<std::string> look_at_directory(const std::string& path, std::size_t most = k_most_entries);

}  // namespace holdfast::forensics
