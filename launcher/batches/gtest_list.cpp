// The list of cases that GoogleTest writes as JSON:
//
//   {"tests": 2, "name": "AllTests", "testsuites": [
//     {"name": "Suite", "tests": 2, "testsuite": [{"name": "Case", …}, …]}, …]}
//
// GoogleTest writes each byte that is not ASCII as \u00XX. A general reader of JSON would take
// \u00XX for a character, but a filter needs the bytes of a name. So this reader is our own.
#include "batches/gtest_list.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "values/framework.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_comment = "  # ";

// Reads a number as GoogleTest does, by strtol(3). None if it is negative or does not fit into an
// int32.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::optional<std::uint64_t> number = parse_number<std::uint64_t>(text);
  return number && *number <= std::numeric_limits<std::int32_t>::max() ? number : std::nullopt;
}

bool has_control_character(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool is_word(std::string_view text) {
  return !text.empty() && !has_control_character(text) && text.find(' ') == std::string_view::npos;
}

// A suite's name has no control character. It may have blanks after a `/` and nowhere else: a typed
// suite may give such a name to its type.
bool is_suite_name(std::string_view text) {
  if (has_control_character(text)) return false;
  const std::size_t blank = text.find(' ');
  return blank == std::string_view::npos ||
         text.substr(0, blank).find('/') != std::string_view::npos;
}

class ListReader {
 public:
  void read(std::string_view line) {
    if (line.starts_with("  ")) {
      read_case(line);
    } else if (line.size() > 1 && line.back() == '.' && is_suite_name(line)) {
      suite_ = line;
      may_be_suite_ = true;
    } else {
      suite_.clear();
      // The program printed text before the line of a suite, or the suite's name is no word.
      may_be_suite_ = !line.empty() && line.back() == '.';
    }
  }

  GtestList take() { return std::move(list_); }

 private:
  void read_case(std::string_view line) {
    const std::string_view name = line.substr(2);
    if (!suite_.empty() && is_word(name)) {
      const std::string_view suite = std::string_view(suite_).substr(0, suite_.size() - 1);
      list_.cases.push_back(
          {suite_ + std::string(name), is_disabled_name(suite) || is_disabled_name(name)});
    } else if (may_be_suite_ || !list_.cases.empty()) {
      if (list_.trouble.empty()) list_.trouble = text_of({"\"", line, "\" names no case"});
    }
  }

  GtestList list_;
  std::string suite_;          // with its dot; empty: we are in no suite that we understand
  bool may_be_suite_ = false;  // the line above an indented line may name a suite
};

constexpr std::string_view k_special = ":-*?";

bool is_special(char c) { return k_special.find(c) != std::string_view::npos; }

// How deep values that are passed over may be nested.
constexpr unsigned k_deepest = 32;

class JsonList {
 public:
  explicit JsonList(std::string_view text) : text_(text) {}

  bool read(GtestList& list) {
    bool has_suites = false;
    const bool is_read = read_object([&](const std::string& key) {
      if (key != "testsuites") return pass_over(0);
      has_suites = true;
      return read_array([&] { return read_suite(list); });
    });
    skip_blanks();
    return is_read && has_suites && at_ == text_.size();
  }

 private:
  // The name of the suite may come after its cases.
  bool read_suite(GtestList& list) {
    std::string suite;
    std::vector<std::string> names;
    const bool is_read = read_object([&](const std::string& key) {
      if (key == "name") return read_text(suite);
      if (key != "testsuite") return pass_over(0);
      return read_array([&] { return read_case(names); });
    });
    for (const std::string& name : names) {
      list.cases.push_back({suite + "." + name, is_disabled_name(suite) || is_disabled_name(name)});
    }
    return is_read;
  }

  bool read_case(std::vector<std::string>& names) {
    std::string name;
    bool has_name = false;
    const bool is_read = read_object([&](const std::string& key) {
      if (key != "name") return pass_over(0);
      has_name = true;
      return read_text(name);
    });
    names.push_back(std::move(name));
    return is_read && has_name;
  }

  template <typename Member>
  bool read_object(const Member& member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    std::string key;
    do {
      if (!read_text(key) || !take(':') || !member(key)) return false;
    } while (take(','));
    return take('}');
  }

  template <typename Element>
  bool read_array(const Element& element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!element()) return false;
    } while (take(','));
    return take(']');
  }

  bool pass_over(unsigned depth) {
    if (depth > k_deepest) return false;
    std::string text;
    switch (next()) {
      case '{':
        return read_object([&](const std::string& /*key*/) { return pass_over(depth + 1); });
      case '[':
        return read_array([&] { return pass_over(depth + 1); });
      case '"':
        return read_text(text);
      default:
        return pass_over_word();
    }
  }

  // Passes over a number, true, false or null.
  bool pass_over_word() {
    const std::size_t end = text_.find_first_of(",]} \n\r\t", at_);
    if (end == std::string_view::npos || end == at_) return false;
    at_ = end;
    return true;
  }

  bool read_text(std::string& text) {
    text.clear();
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c == '\0') return false;
      if (c != '\\') {
        text += c;
      } else if (!read_escaped(text)) {
        return false;
      }
    }
    return false;
  }

  bool read_escaped(std::string& text) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view k_letters = "bfnrt\"\\/";
    constexpr std::string_view k_meant = "\b\f\n\r\t\"\\/";
    if (const std::size_t which = k_letters.find(c); which != std::string_view::npos) {
      text += k_meant[which];
      return true;
    }
    return c == 'u' && read_byte(text);
  }

  // Reads four digits. GoogleTest writes no value above 0xFF.
  bool read_byte(std::string& text) {
    const std::string_view digits = text_.substr(at_, 4);
    const unsigned value = parse_number<unsigned>(digits, 16).value_or(0);
    if (digits.size() < 4 || value == 0 || value > 0xFF) return false;
    at_ += digits.size();
    text += static_cast<char>(value);
    return true;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \n\r\t", at_), text_.size()); }

  char next() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Googletest final : public Framework {
 public:
  constexpr Googletest()
      : Framework({"GoogleTest", "--gtest_list_tests", "--gtest_filter=", ':'}) {}

  // Whether no character of the name has a meaning in a filter.
  bool is_exact(std::string_view name) const override {
    return std::ranges::none_of(name, is_special);
  }
  bool selects(std::string_view name, std::string_view other) const override {
    return std::ranges::equal(
        name, other, [](char wanted, char c) { return wanted == c || is_special(wanted); });
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    std::string filter = filter_pattern(name);
    char before = '-';  // the names after a `-` are left out
    for (const std::string_view other : others) {
      if (selects(other, name)) return std::nullopt;
      filter += before + filter_pattern(other);
      before = ':';
    }
    return filter;
  }
  // The last filter counts.
  std::vector<char*> without_selection(char* const* arguments) const override {
    std::vector<char*> all;
    for (char* const* word = arguments; *word != nullptr; ++word) all.push_back(*word);
    return all;
  }
};

constinit const Googletest k_googletest;

}  // namespace

GtestList parse_gtest_list(std::string_view text) {
  ListReader reader;
  for (std::string_view line : TextParts{text, '\n'}) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
    reader.read(line.substr(0, line.find(k_comment)));
  }
  return reader.take();
}

bool is_disabled_name(std::string_view part) {
  // GoogleTest's pattern is "DISABLED_*:*/DISABLED_*".
  return part.starts_with("DISABLED_") || part.find("/DISABLED_") != std::string_view::npos;
}

std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index) {
  const std::optional<std::uint64_t> of = whole_number(total);
  const std::optional<std::uint64_t> which = whole_number(index);
  if (!of || !which || *which >= *of || *of < 2) return std::nullopt;
  return GtestShard{*of, *which};
}

Runnable runnable(std::vector<ListedCase> listed, Disabled disabled,
                  const std::optional<GtestShard>& shard) {
  Runnable found;
  std::uint64_t number = 0;
  for (ListedCase& one : listed) {
    if (one.is_disabled && disabled == Disabled::left_out) continue;
    const bool is_mine = !shard || number % shard->total == shard->index;
    (is_mine ? found.cases : found.others).push_back(std::move(one.name));
    ++number;
  }
  return found;
}

std::string filter_pattern(std::string_view name) {
  std::string pattern(name);
  std::ranges::replace_if(pattern, is_special, '?');
  return pattern;
}

std::optional<GtestList> parse_gtest_json_list(std::string_view json) {
  GtestList list;
  if (!JsonList(json).read(list)) return std::nullopt;
  return list;
}

const Framework& googletest() { return k_googletest; }

}  // namespace holdfast
