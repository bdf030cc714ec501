// The list of cases that GoogleTest writes as JSON:
//
//   {"tests": 2, "name": "AllTests", "testsuites": [
//     {"name": "Suite", "tests": 2, "testsuite": [{"name": "Case", …}, …]}, …]}
//
// GoogleTest writes each byte that is not ASCII as \u00XX. A general reader of JSON would take
// \u00XX for a character, but a filter needs the bytes of a name. So this reader is our own.
#include <cstddef>
#include <utility>

#include "core/base/number.hpp"
#include "core/batch/gtest_list.hpp"

namespace holdfast {
namespace {

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

  void skip_blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \n\r\t").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  char next() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char wanted) {
    if (next() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<GtestList> parse_gtest_json_list(std::string_view json) {
  GtestList list;
  if (!JsonList(json).read(list)) return std::nullopt;
  return list;
}

}  // namespace holdfast
