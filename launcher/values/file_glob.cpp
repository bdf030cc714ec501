#include "values/file_glob.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_any = "(?s:.)*";

bool is_special(char c) {
  return std::string_view("\\^$.[]|()*+?{}").find(c) != std::string_view::npos;
}

void add_literal(std::string& expression, char c) {
  if (is_special(c)) expression += '\\';
  expression += c;
}

// Takes `[:alpha:]` off the front of `set`; empty: there is none.
std::string_view take_class(std::string_view& set) {
  const std::size_t end = set.find(":]", 2);
  if (!set.starts_with("[:") || end == std::string_view::npos) return {};
  const std::string_view taken = set.substr(0, end + 2);
  set.remove_prefix(taken.size());
  return taken;
}

// Takes `[…]` off the front of `glob`. False: the bracket is not closed.
bool add_set(std::string& expression, std::string_view& glob) {
  std::string_view rest = glob.substr(1);
  const bool is_negative = rest.starts_with('!') || rest.starts_with('^');
  if (is_negative) rest.remove_prefix(1);
  std::string set = is_negative ? "[^/" : "[";
  // A `]` in the first place is of the set.
  for (bool is_first = true; is_first || !rest.starts_with(']'); is_first = false) {
    if (const std::string_view one = take_class(rest); !one.empty()) {
      set += one;
      continue;
    }
    if (rest.starts_with('\\')) rest.remove_prefix(1);
    if (rest.empty()) return false;
    const bool is_range_with_slash = is_negative && is_first && rest.front() == '-';
    if (is_range_with_slash ||
        std::string_view("\\[]^").find(rest.front()) != std::string_view::npos) {
      set += '\\';
    }
    set += rest.front();
    rest.remove_prefix(1);
  }
  expression += set + "]";
  glob = rest.substr(1);
  return true;
}

// Takes asterisks off the front. `is_first`: a part of the path begins here.
void add_asterisks(std::string& expression, std::string_view& glob, bool is_first) {
  const std::size_t count = std::min(glob.find_first_not_of('*'), glob.size());
  glob.remove_prefix(count);
  const bool is_last = glob.empty() || glob.front() == '/';
  if (count == 1 || !is_first || !is_last) {
    expression += "[^/]*";
  } else if (glob.empty()) {
    expression += k_any;
  } else {
    expression += "(?:" + std::string(k_any) + "/)?";
    glob.remove_prefix(1);
  }
}

constexpr std::string_view k_separators = " \t\r\n\"'`=:;,|&()<>[]{}!#?@";
constexpr std::size_t k_most_ends = 8;
constexpr std::size_t k_short_option = 2;  // -fdata/in.txt

bool is_separator(char c) { return k_separators.find(c) != std::string_view::npos; }

std::size_t end_of_part(std::string_view word, std::size_t from) {
  return std::min(word.find_first_of(k_separators, from), word.size());
}

// `data` of `-Idata`; empty: it is something else.
std::string_view value_of_short_option(std::string_view part) {
  const bool is_short = part.size() > k_short_option && part[0] == '-' && part[1] != '-';
  return is_short ? part.substr(k_short_option) : std::string_view();
}

// Where the part ends that was taken; `start`: none was.
std::size_t take_path(std::string_view word, std::size_t start,
                      const std::function<bool(std::string_view)>& try_path) {
  std::size_t end = end_of_part(word, start);
  for (std::size_t i = 0; i < k_most_ends; ++i) {
    const std::string_view part = word.substr(start, end - start);
    const bool is_new = part.size() < word.size() && !is_separator(part.back());
    if (is_new && try_path(part)) return end;
    if (end == word.size()) break;
    end = end_of_part(word, end + 1);
  }
  return start;
}

}  // namespace

std::string expression_for_glob(std::string_view glob) {
  const bool is_directory = glob.ends_with('/');
  if (is_directory) glob.remove_suffix(1);
  std::string expression = "^";
  if (glob.find('/') == std::string_view::npos) expression += "(?:" + std::string(k_any) + "/)?";
  if (glob.starts_with("./")) glob.remove_prefix(2);
  if (glob.starts_with('/')) glob.remove_prefix(1);
  bool is_first = true;
  while (!glob.empty()) {
    const char c = glob.front();
    const bool was_first = is_first;
    is_first = false;
    if (c == '*') {
      const std::size_t before = glob.size();
      add_asterisks(expression, glob, was_first);
      is_first = before - glob.size() > 2;  // `**/`
      continue;
    }
    if (c == '[' && add_set(expression, glob)) continue;
    if (c == '?') {
      expression += "[^/]";
    } else {
      if (c == '\\' && glob.size() > 1) glob.remove_prefix(1);
      add_literal(expression, glob.front());
      is_first = c == '/';
    }
    glob.remove_prefix(1);
  }
  return expression +
         (is_directory ? "/" + std::string(k_any) + "$" : "(?:/" + std::string(k_any) + ")?$");
}

// Goes back to the last wildcard of each kind that may take one byte more. `*` cannot take a slash,
// so the last unknown text has to be tried again beyond it.
bool fits_pattern(std::string_view pattern, std::string_view path) {
  struct Mark {
    std::size_t in_pattern = std::string_view::npos;
    std::size_t in_path = 0;
  };
  Mark star;
  Mark unknown;
  std::size_t at = 0;
  std::size_t in_path = 0;
  while (in_path < path.size() || at < pattern.size()) {
    const bool is_open = in_path < path.size();
    if (at < pattern.size() && pattern[at] == k_unknown) {
      unknown = {at++, in_path};
      star = {};
      continue;
    }
    if (at < pattern.size() && pattern[at] == k_star) {
      star = {at++, in_path};
      continue;
    }
    if (at < pattern.size() && is_open &&
        (pattern[at] == path[in_path] || (pattern[at] == k_one && path[in_path] != '/'))) {
      ++at;
      ++in_path;
      continue;
    }
    if (star.in_pattern != std::string_view::npos && star.in_path < path.size() &&
        path[star.in_path] != '/') {
      in_path = ++star.in_path;
      at = star.in_pattern + 1;
    } else if (unknown.in_pattern != std::string_view::npos && unknown.in_path < path.size()) {
      in_path = ++unknown.in_path;
      at = unknown.in_pattern + 1;
      star = {};
    } else {
      return false;
    }
  }
  return true;
}

std::string joined_path(std::string_view directory, std::string_view path) {
  const bool stands_alone = path.starts_with('/') || path.starts_with(k_unknown);
  const std::string whole = stands_alone ? std::string(path) : text_of({directory, "/", path});
  bool begins_unknown = whole.starts_with(k_unknown);
  std::vector<std::string_view> parts;
  for (const std::string_view part : TextParts{whole, '/'}) {
    if (part.empty() || part == ".") continue;
    const bool is_known = parts.empty() || parts.back().find(k_unknown) == std::string_view::npos;
    if (part != "..") {
      parts.push_back(part);
    } else if (!is_known) {
      parts = {std::string_view(&k_unknown, 1)};
      begins_unknown = true;
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty() || !begins_unknown) joined += '/';
    joined += part;
  }
  return joined.empty() ? "/" : joined;
}

void find_paths(std::string_view word, const std::function<bool(std::string_view)>& try_path) {
  for (std::size_t at = word.find('='); at != std::string_view::npos; at = word.find('=', at + 1)) {
    if (at + 1 < word.size()) try_path(word.substr(at + 1));
  }
  std::size_t at = 0;
  while (at < word.size()) {
    std::size_t start = at;
    const std::size_t end = end_of_part(word, at);
    const std::size_t slash = word.substr(at, end - at).find('/');
    at = end + 1;
    if (slash == std::string_view::npos) {
      const std::string_view value = value_of_short_option(word.substr(start, end - start));
      if (!value.empty()) try_path(value);
      continue;
    }
    if (word[start] == '-') {
      if (slash > k_short_option) {
        at = std::max(at, take_path(word, start + k_short_option, try_path));
      }
      start += slash;
    }
    at = std::max(at, take_path(word, start, try_path));
  }
}

}  // namespace holdfast
