#include "affected/git_changes.hpp"

#include <algorithm>
#include <utility>

#include "base/message.hpp"
#include "base/text.hpp"

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
    if (!take_words(head, ":") || path.empty()) continue;
    const std::string_view old_mode = take_part(head, ' ');
    const std::string_view new_mode = take_part(head, ' ');
    const std::string_view old_object = take_part(head, ' ');
    GitChange change{std::string(path)};
    change.is_submodule = old_mode == k_submodule || new_mode == k_submodule;
    if (old_mode == k_submodule) change.submodule_commit = old_object;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<GitStatusEntry> read_status(std::string_view text) {
  std::vector<GitStatusEntry> entries;
  // `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>`; a `u` has two fields more, a `?` only a path.
  for (std::string_view rest : TextParts{text, '\0'}) {
    const std::string_view kind = take_part(rest, ' ');
    GitStatusEntry entry;
    if (kind == "1" || kind == "u") {
      std::vector<std::string_view> fields;
      while (fields.size() < (kind == "u" ? 9 : 7)) fields.push_back(take_part(rest, ' '));
      entry.is_tracked = true;
      entry.is_changed = kind == "u" || !fields[0].ends_with('.');
      if (kind == "1" && fields[3] == k_submodule) entry.submodule_commit = fields[6];
    } else if (kind != "?") {
      continue;
    }
    if (rest.ends_with('/')) {
      entry.is_repository = !entry.is_tracked;
      rest.remove_suffix(1);
    }
    if (rest.empty()) continue;
    entry.path = rest;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<HiddenFile> read_hidden_files(std::string_view text) {
  std::vector<HiddenFile> files;
  // `<tag> <mode> <object> <stage>`, a tab and the path. A small letter: assume-unchanged.
  for (std::string_view path : TextParts{text, '\0'}) {
    std::string_view head = take_part(path, '\t');
    const std::string_view tag = take_part(head, ' ');
    const bool is_skipped = tag == "S" || tag == "s";
    if (path.empty() || (!is_skipped && tag < "a")) continue;
    const std::string_view mode = take_part(head, ' ');
    const std::string_view object = take_part(head, ' ');
    files.push_back({std::string(path), std::string(object), mode == k_submodule, is_skipped});
  }
  return files;
}

std::vector<std::string> build_trees_in(const std::vector<std::string>& paths,
                                        std::string_view source) {
  constexpr std::string_view k_cache = "/CMakeCache.txt";
  std::vector<std::string> trees;
  for (const std::string_view path : paths) {
    if (!path.ends_with(k_cache)) continue;
    const std::string_view tree = path.substr(0, path.size() - k_cache.size() + 1);
    if (!source.starts_with(tree)) trees.emplace_back(tree);
  }
  return trees;
}

// Its first two fields are whose look it is, with the commit, and the time.
std::string look_as_text(const std::string& whose, const TrackedLook& look) {
  wire::Message::Fields fields{{whose, look.commit}, {"", std::to_string(look.at_ns)}};
  fields.insert(fields.end(), look.stamps.begin(), look.stamps.end());
  return wire::packed(fields);
}

std::optional<TrackedLook> look_from_text(std::string_view text, std::string_view whose) {
  const std::optional<wire::Message::Fields> fields = wire::unpacked(text);
  if (!fields || fields->size() < 2 || fields->front().first != whose) return std::nullopt;
  const auto at = parse_number<std::int64_t>((*fields)[1].second);
  if (!at) return std::nullopt;
  return TrackedLook{fields->front().second, *at, {fields->begin() + 2, fields->end()}};
}

std::string commit_in_status(std::string_view text) {
  for (std::string_view commit : TextParts{text, '\0'}) {
    if (!take_words(commit, "# branch.oid ")) continue;
    return commit.starts_with('(') ? std::string() : std::string(commit);
  }
  return {};
}

std::vector<std::string> changed_since(
    const FileStamps& before, const FileStamps& now,
    const std::function<std::string(const std::string&)>& stamp_of) {
  std::vector<std::string> changed;
  for (const auto& [path, stamp] : now) {
    const auto known = before.find(path);
    if (known == before.end() || known->second != stamp) changed.push_back(path);
  }
  for (const auto& [path, stamp] : before) {
    if (!now.contains(path) && stamp_of(path) != stamp) changed.push_back(path);
  }
  std::ranges::sort(changed);
  return changed;
}

}  // namespace holdfast
