// Whether the clock fits what is on disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

struct DatedFile {
  std::string path;
  std::int64_t at_ms = 0;  // when it was last written, since 1970
};

struct Times {
  std::int64_t now_ms = 0;            // since 1970
  std::vector<DatedFile> files = {};  // of the build
  std::string run = {};               // the newest run on record; empty: there is none
  std::int64_t run_at_ms = 0;         // when it began, by the clock of that time
};

// Adds the files that exist to `times`.
void look_at_files(const std::vector<std::string>& paths, Times& times);
Findings check_times(const Times& times);

}  // namespace holdfast::doctor
