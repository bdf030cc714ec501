#include "core/affected/file_glob.hpp"

#include <algorithm>
#include <cstddef>

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
  constexpr std::string_view k_end = ":]";
  if (!set.starts_with("[:")) return {};
  const std::size_t end = set.find(k_end, 2);
  if (end == std::string_view::npos) return {};
  const std::string_view taken = set.substr(0, end + k_end.size());
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
    if (rest.empty()) return false;
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

}  // namespace holdfast
