// The profiles of a file and how they inherit from each other. All end in `default`, which is there
// even when the file does not mention it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/settings/settings.hpp"
#include "settings/complaints.hpp"

namespace holdfast {

struct Profile {
  ProfileLayer layer;
  std::optional<std::string> inherits;  // none: `default`
  Place inherits_at;
};

using Profiles = std::map<std::string, Profile>;

std::vector<std::string> names_of(const Profiles& profiles);

// Complains of an `inherits` that names no profile or leads back to where it started. `profiles`
// must have `default`.
void check_inheritance(const Profiles& profiles, Complaints& complaints);

// From `default` to `profile`, which must be one of `profiles`, checked before.
std::vector<std::string> lineage(const Profiles& profiles, const std::string& profile);

}  // namespace holdfast
