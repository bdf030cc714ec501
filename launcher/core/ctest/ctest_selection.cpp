#include "core/ctest/ctest_selection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/base/text.hpp"
#include "core/ctest/ctest_options.hpp"

namespace holdfast {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_ascii_digit);
}

// Whether `c` has a meaning in CMake's expressions.
bool is_meta(char c) { return std::string_view("^$.[]*+?()|\\").find(c) != std::string_view::npos; }

// Takes literal characters off the front; none: the text is not understood. An escaped letter or
// digit is literal for CMake, but not in other dialects, and the author may have meant one of
// these.
std::optional<std::string> take_literals(std::string_view& text) {
  std::string literals;
  while (!text.empty()) {
    if (text[0] == '\\') {
      if (text.size() < 2 || is_ascii_alphanumeric(text[1])) return std::nullopt;
      text.remove_prefix(1);
    } else if (is_meta(text[0])) {
      break;
    }
    literals += text[0];
    text.remove_prefix(1);
  }
  return literals;
}

// Takes `(a|b)` off the front. If there is no group, returns one empty alternative.
std::optional<std::vector<std::string>> take_group(std::string_view& text) {
  if (text.empty() || text[0] != '(') return std::vector<std::string>{""};
  std::vector<std::string> alternatives;
  do {
    text.remove_prefix(1);  // the `(` or a `|`
    std::optional<std::string> literals = take_literals(text);
    if (!literals || literals->empty() || text.empty()) return std::nullopt;
    alternatives.push_back(*std::move(literals));
  } while (text[0] == '|');
  if (text[0] != ')') return std::nullopt;
  text.remove_prefix(1);
  return alternatives;
}

constexpr std::array<std::string_view, 6> k_leaving_out{
    "-E", "--exclude-regex", "-L", "--label-regex", "-LE", "--label-exclude"};

class Reader {
 public:
  Reader(const std::vector<std::string>& arguments, std::string_view version)
      : arguments_(arguments), version_(version) {}

  CtestSelection read() {
    while (next_ < arguments_.size()) {
      if (!take_option()) return {};
    }
    // These options leave tests out that -I then does not count.
    if (leaves_out_ && selection_.by == CtestSelection::By::indexes) return {};
    return std::move(selection_);
  }

 private:
  // False: the option is not understood.
  bool take_option() {
    const std::string_view option = arguments_[next_++];
    const CtestOption kind = ctest_option(option);
    if (kind == CtestOption::plain || option.starts_with("--no-tests=")) return true;
    if (option.starts_with("-j") && option.size() > 2) return is_number(option.substr(2));
    if (next_ == arguments_.size()) return false;
    const std::string& value = arguments_[next_++];
    leaves_out_ = leaves_out_ || std::ranges::find(k_leaving_out, option) != k_leaving_out.end();
    if (kind == CtestOption::with_value) return true;
    // Before 3.29, the next word is always the number. Since 3.29, the number may be missing.
    if (option == "-j" || option == "--parallel") return is_number(value);
    if (option == "-T" || option == "--test-action") return value == "test" || value == "Test";
    return take_selection(option, value);
  }

  bool take_selection(std::string_view option, const std::string& value) {
    using By = CtestSelection::By;
    if (!selection_.is_whole()) return false;  // of two selections, the last counts, or both count
    if (option == "-R" || option == "--tests-regex") return take(By::names, names_in(value));
    if (option == "-I" || option == "--tests-information") {
      return take(By::indexes, indexes_in(value));
    }
    if (option != "--tests-from-file" || !knows_tests_from_file()) return false;
    return take(By::file, std::vector<std::string>{value});
  }

  bool take(CtestSelection::By by, std::optional<std::vector<std::string>> tests) {
    if (!tests) return false;
    selection_ = {by, *std::move(tests)};
    return true;
  }

  // An older ctest ignores the option and runs all tests.
  bool knows_tests_from_file() const {
    std::string_view rest = version_;
    const std::optional<unsigned> major = parse_number<unsigned>(take_part(rest, '.'));
    const std::optional<unsigned> minor = parse_number<unsigned>(take_part(rest, '.'));
    return major && minor && (*major > 3 || (*major == 3 && *minor >= 29));
  }

  const std::vector<std::string>& arguments_;
  std::string_view version_;
  std::size_t next_ = 1;
  CtestSelection selection_;
  bool leaves_out_ = false;
};

}  // namespace

CtestSelection ctest_selection(const std::vector<std::string>& arguments,
                               std::string_view version) {
  return Reader(arguments, version).read();
}

std::optional<std::vector<std::string>> names_in(std::string_view expression) {
  if (expression.empty() || expression.front() != '^') return std::nullopt;
  std::string_view rest = expression.substr(1);
  const std::optional<std::string> before = take_literals(rest);
  if (!before) return std::nullopt;
  std::optional<std::vector<std::string>> names = take_group(rest);
  const std::optional<std::string> after = take_literals(rest);
  if (!names || !after || rest != "$") return std::nullopt;
  for (std::string& name : *names) {
    name = *before + name + *after;
    if (name.empty()) return std::nullopt;
  }
  return names;
}

std::optional<std::vector<std::string>> indexes_in(std::string_view information) {
  const std::optional<unsigned> start = parse_number<unsigned>(take_part(information, ','));
  if (!start || start != parse_number<unsigned>(take_part(information, ','))) return std::nullopt;
  // There is no test 0: `-I 0,0,0,7` (Qt Creator) is test 7 alone.
  std::vector<std::string> indexes;
  if (*start != 0) indexes.push_back(std::to_string(*start));
  const std::string_view stride = take_part(information, ',');
  if (!stride.empty() && !parse_number<unsigned>(stride)) return std::nullopt;
  while (!information.empty()) {
    const std::optional<unsigned> index = parse_number<unsigned>(take_part(information, ','));
    if (!index) return std::nullopt;
    indexes.push_back(std::to_string(*index));
  }
  if (indexes.empty()) return std::nullopt;
  return indexes;
}

bool may_meet(const CtestSelection& one, const CtestSelection& other) {
  using By = CtestSelection::By;
  if (one.by != other.by || one.by == By::nothing || one.by == By::file) return true;
  return std::ranges::find_first_of(one.tests, other.tests) != one.tests.end();
}

}  // namespace holdfast
