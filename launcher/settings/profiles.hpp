// The profiles of a file, and how they inherit from each other. Each ends in `default`, which
// exists even if the file does not mention it.
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

// Complains of an `inherits` that names no profile or leads back to its own. `profiles` must have
// `default`.
void check_inheritance(const Profiles& profiles, Complaints& complaints);

// The names from `default` to `profile`. `profiles` must have `profile` and have been checked.
std::vector<std::string> lineage(const Profiles& profiles, const std::string& profile);

}  // namespace holdfast
