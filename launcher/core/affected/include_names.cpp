#include "core/affected/include_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_blanks_in_line = " \t\r\f\v";
constexpr std::array<std::string_view, 4> k_directives{"include", "include_next", "import",
                                                       "embed"};

std::string_view without_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(k_blanks_in_line), text.size()));
}

// Without blanks and whole comments at its beginning.
std::string_view without_space(std::string_view text) {
  text = without_blanks(text);
  while (text.starts_with("/*")) {
    const std::size_t end = text.find("*/", 2);
    if (end == std::string_view::npos) break;
    text = without_blanks(text.substr(end + 2));
  }
  return text;
}

// A `\` at the end of a line joins it with the next one, within a word, too.
std::string without_splices(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    joined += line;
    if (!goes_on && end != std::string_view::npos) joined += '\n';
  }
  return joined;
}

std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// `import` or `export import`, of a module.
bool is_import(std::string_view line) {
  std::string_view word = take_word(line);
  if (word == "export") {
    line = without_space(line);
    word = take_word(line);
  }
  return word == "import" &&
         (line.empty() || k_blanks_in_line.find(line[0]) != std::string_view::npos ||
          line[0] == '<' || line[0] == '"');
}

constexpr std::string_view k_submodule = "160000";  // the mode

}  // namespace

std::optional<std::vector<std::string>> included_names(std::string_view text) {
  const std::string spliced = without_splices(text);
  text = spliced;
  std::vector<std::string> names;
  while (!text.empty()) {
    std::string_view line = take_part(text, '\n');
    if (is_import(without_space(line))) return std::nullopt;
    // What stands before may be a comment, or a byte order mark.
    for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#')) {
      const bool is_first = without_space(line).starts_with('#');
      line = without_space(line.substr(at + 1));
      if (is_first && line.starts_with("/*")) return std::nullopt;  // it goes on in the next line
      std::string_view rest = line;
      if (std::ranges::find(k_directives, take_word(rest)) == k_directives.end()) continue;
      rest = without_space(rest);
      const char open = rest.empty() ? '\0' : rest[0];
      const std::size_t end = open == '<' ? rest.find('>') : rest.find('"', 1);
      if ((open == '<' || open == '"') && end != std::string_view::npos) {
        names.emplace_back(rest.substr(1, end - 1));
      } else if (is_first) {
        return std::nullopt;
      }
    }
    if (without_space(line).starts_with("%:")) return std::nullopt;  // another way to write `#`
  }
  return names;
}

bool is_named_like_source(std::string_view path) {
  constexpr std::array<std::string_view, 24> k_suffixes{
      "h",   "hh",  "hpp", "hxx", "h++", "H",   "inc", "inl", "ipp", "tpp", "tcc", "txx",
      "def", "cuh", "c",   "cc",  "cpp", "cxx", "C",   "m",   "mm",  "cu",  "S",   "cppm"};
  const std::size_t dot = path.rfind('.');
  return dot != std::string_view::npos && path.find('/', dot) == std::string_view::npos &&
         std::ranges::find(k_suffixes, path.substr(dot + 1)) != k_suffixes.end();
}

std::vector<GitChange> read_raw_diff(std::string_view text) {
  std::vector<GitChange> changes;
  while (!text.empty()) {
    // `:<old mode> <new mode> <old object> <new object> <letter>`, then the path.
    std::string_view head = take_part(text, '\0');
    const std::string_view path = take_part(text, '\0');
    if (!head.starts_with(':') || path.empty()) continue;
    head.remove_prefix(1);
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
  while (!text.empty()) {
    // `<tag> <mode> <object> <stage>`, a tab and the path. A small letter: assume-unchanged.
    std::string_view path = take_part(text, '\0');
    std::string_view head = take_part(path, '\t');
    const std::string_view tag = take_part(head, ' ');
    const bool is_skipped = tag == "S" || tag == "s";
    if (path.empty() || tag.size() != 1 || (!is_skipped && (tag < "a" || tag > "z"))) continue;
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
