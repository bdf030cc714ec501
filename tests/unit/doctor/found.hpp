// Shows findings in tests.
#pragma once

#include <string>
#include <vector>

#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

// Such as `disk_full`, one for each finding.
inline std::vector<std::string> kinds_of(const Findings& findings) {
  std::vector<std::string> kinds;
  for (const Finding& one : findings) kinds.emplace_back(id_of(one.kind));
  return kinds;
}

using Kinds = std::vector<std::string>;

}  // namespace holdfast::doctor
