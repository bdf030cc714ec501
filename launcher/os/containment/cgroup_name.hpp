// The name of an attempt's cgroup: `holdfast-<hash of the build tree>-<attempt>`. The build tree is
// part of the name so that `holdfast reap` of one tree never touches the cgroups of another.
#pragma once

#include <string>
#include <string_view>

#include "core/base/file_name.hpp"
#include "core/base/fnv1a.hpp"
#include "core/base/names.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

// The common beginning of the names for one build tree; `tree` is empty outside a build tree.
inline std::string cgroup_prefix(std::string_view tree) {
  return text_of({names::k_cgroup_prefix, std::to_string(Fnv1a().add(tree).value()), "-"});
}

inline std::string cgroup_name(std::string_view tree, std::string_view attempt) {
  return cgroup_prefix(tree) + encode_file_name(attempt);
}

}  // namespace holdfast
