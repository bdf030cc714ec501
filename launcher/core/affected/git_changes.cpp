#include "core/affected/git_changes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_submodule = "160000";  // the mode

}  // namespace

std::vector<GitChange> read_raw_diff(std::string_view text) {
  std::vector<GitChange> changes;
  while (!text.empty()) {
    // `:<old mode> <new mode> <old object> <new object> <letter>`, then the path.
    std::string_view head = take_part(text, '\0');
    const std::string_view path = take_part(text, '\0');
    if (!head.starts_with(':') || path.empty()) continue;
    head.remove_prefix(1);
    const std::string_view old_mode = take_part(head, ' ');
    take_part(head, ' ');
    const std::string_view old_object = take_part(head, ' ');
    GitChange change{std::string(path)};
    if (old_mode == k_submodule) change.submodule_commit = old_object;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<GitStatusEntry> read_status(std::string_view text) {
  std::vector<GitStatusEntry> entries;
  while (!text.empty()) {
    // `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>`; a `u` has two fields more, a `?` only a path.
    std::string_view rest = take_part(text, '\0');
    const std::string_view kind = take_part(rest, ' ');
    GitStatusEntry entry;
    if (kind == "1" || kind == "u") {
      const std::string_view letters = take_part(rest, ' ');
      take_part(rest, ' ');
      take_part(rest, ' ');
      const std::string_view mode = take_part(rest, ' ');
      take_part(rest, ' ');
      take_part(rest, ' ');
      const std::string_view object = take_part(rest, ' ');
      if (kind == "u") {
        take_part(rest, ' ');
        take_part(rest, ' ');
      }
      entry.is_tracked = true;
      entry.is_changed = kind == "u" || !letters.ends_with('.');
      if (kind == "1" && mode == k_submodule) entry.submodule_commit = object;
    } else if (kind != "?") {
      continue;
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.empty()) continue;
    entry.path = rest;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> without_build_trees(const std::vector<std::string>& paths,
                                             std::string_view source) {
  constexpr std::string_view k_cache = "/CMakeCache.txt";
  std::vector<std::string_view> trees;  // each with a slash at its end
  for (const std::string_view path : paths) {
    if (!path.ends_with(k_cache)) continue;
    const std::string_view tree = path.substr(0, path.size() - k_cache.size() + 1);
    if (!source.starts_with(tree)) trees.push_back(tree);
  }
  std::vector<std::string> kept;
  std::ranges::copy_if(paths, std::back_inserter(kept), [&](std::string_view path) {
    return std::ranges::none_of(trees,
                                [&](std::string_view tree) { return path.starts_with(tree); });
  });
  return kept;
}

}  // namespace holdfast
