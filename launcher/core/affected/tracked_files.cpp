#include "core/affected/tracked_files.hpp"

#include <algorithm>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

std::string look_as_text(std::string_view whose, const TrackedLook& look) {
  std::string text = text_of({whose, "\n", look.commit, " ", std::to_string(look.at_ns), "\n"});
  for (const auto& [path, stamp] : look.stamps) {
    text += path + '\0';
    text += stamp + '\0';
  }
  return text;
}

std::optional<TrackedLook> look_from_text(std::string_view text, std::string_view whose) {
  if (take_part(text, '\n') != whose) return std::nullopt;
  std::string_view head = take_part(text, '\n');
  TrackedLook look;
  look.commit = take_part(head, ' ');
  const auto at = parse_number<std::int64_t>(head);
  if (!at) return std::nullopt;
  look.at_ns = *at;
  while (!text.empty()) {
    const std::string path(take_part(text, '\0'));
    if (text.find('\0') == std::string_view::npos) return std::nullopt;  // cut off
    look.stamps[path] = take_part(text, '\0');
  }
  return look;
}

std::string commit_in_status(std::string_view text) {
  constexpr std::string_view k_begin = "# branch.oid ";
  while (!text.empty()) {
    const std::string_view entry = take_part(text, '\0');
    if (!entry.starts_with(k_begin)) continue;
    const std::string_view commit = entry.substr(k_begin.size());
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
