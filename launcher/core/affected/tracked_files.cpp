#include "core/affected/tracked_files.hpp"

#include <algorithm>

#include "core/base/parts.hpp"

namespace holdfast {

std::string look_as_text(std::string_view whose, const FileStamps& stamps) {
  std::string text = text_of({whose, "\n"});
  for (const auto& [path, stamp] : stamps) {
    text += path + '\0';
    text += stamp + '\0';
  }
  return text;
}

std::optional<FileStamps> look_from_text(std::string_view text, std::string_view whose) {
  if (take_part(text, '\n') != whose) return std::nullopt;
  FileStamps stamps;
  while (!text.empty()) {
    const std::string path(take_part(text, '\0'));
    if (text.find('\0') == std::string_view::npos) return std::nullopt;  // cut off
    stamps[path] = take_part(text, '\0');
  }
  return stamps;
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
