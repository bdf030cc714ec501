#include "core/lock/lock_place.hpp"

#include <string_view>
#include <utility>

#include "core/base/file_name.hpp"
#include "core/base/fnv1a.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_key = 200;

// The path of a build tree, or a project's key, may be longer than a file name can be.
std::string hash_of(std::string_view text) { return std::to_string(Fnv1a().add(text).value()); }

}  // namespace

std::string scope_directory(LockScope scope, const LockHome& home) {
  switch (scope) {
    case LockScope::build:
      if (!home.tree.empty()) return "build-" + hash_of(home.tree);
      break;
    case LockScope::project:
      if (home.project.empty()) break;
      if (const std::string key = encode_file_name(home.project); key.size() <= k_longest_key) {
        return "project-" + key;
      }
      return "project-" + hash_of(home.project);
    case LockScope::machine:
      return "machine";
    case LockScope::cluster:
      return "cluster";
    case LockScope::user:
      break;
  }
  return "user";
}

std::string place_of(const LockSpec& spec, const LockHome& home) {
  return text_of({scope_directory(spec.scope, home), "/", encode_file_name(spec.name)});
}

Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs) {
  for (LockSpec& spec : specs) {
    const bool no_tree = spec.scope == LockScope::build && home.tree.empty();
    const bool no_project = spec.scope == LockScope::project && home.project.empty();
    if (no_tree || no_project) spec.scope = LockScope::user;
  }
  return canonical_locks(std::move(specs));
}

std::string run_place(const std::string& tree) { return text_of({"tree-", hash_of(tree), "/run"}); }

}  // namespace holdfast
