#include "settings/profiles.hpp"

#include <algorithm>

#include "core/base/edit_distance.hpp"

namespace holdfast {
namespace {

// The profile from which `name` inherits; none: it is `default`, or unknown.
std::optional<std::string> parent_of(const Profiles& profiles, const std::string& name) {
  const auto found = profiles.find(name);
  if (found == profiles.end()) return std::nullopt;
  if (found->second.inherits) return found->second.inherits;
  if (name == k_default_profile) return std::nullopt;
  return std::string(k_default_profile);
}

// `name`, its parent and so on, up to `default` or the first profile that comes twice.
std::vector<std::string> way_from(const Profiles& profiles, const std::string& name) {
  std::vector<std::string> way{name};
  while (const std::optional<std::string> parent = parent_of(profiles, way.back())) {
    const bool seen = std::find(way.begin(), way.end(), *parent) != way.end();
    way.push_back(*parent);
    if (seen) break;
  }
  return way;
}

}  // namespace

std::vector<std::string> names_of(const Profiles& profiles) {
  std::vector<std::string> names;
  for (const auto& [name, profile] : profiles) names.push_back(name);
  return names;
}

void check_inheritance(const Profiles& profiles, Complaints& complaints) {
  for (const auto& [name, profile] : profiles) {
    if (!profile.inherits) continue;
    const std::string what = "inherits in [profile." + name + "]";
    if (profiles.count(*profile.inherits) == 0) {
      const std::vector<std::string> names = names_of(profiles);
      complaints.add(
          profile.inherits_at, what, in_quotes(*profile.inherits),
          "the name of a profile: " + alternatives(names) + suggestion(*profile.inherits, names));
      continue;
    }
    const std::vector<std::string> way = way_from(profiles, name);
    if (way.back() != name) continue;  // not on the cycle, if there is one
    // It is one mistake, however many profiles are on it.
    const Place& at = profile.inherits_at;
    const auto is_before = [&profiles, &at](const std::string& other) {
      const Profile& one = profiles.at(other);
      return one.inherits && one.inherits_at < at;
    };
    if (std::ranges::any_of(way, is_before)) continue;
    std::string cycle;
    for (const std::string& step : way) cycle += (cycle.empty() ? "" : " -> ") + step;
    complaints.add(profile.inherits_at, what, "a cycle (" + cycle + ")", "an end in default");
  }
}

std::vector<std::string> lineage(const Profiles& profiles, const std::string& profile) {
  std::vector<std::string> way = way_from(profiles, profile);
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace holdfast
