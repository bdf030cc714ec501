// Programs of doctest. A selection is a pattern for whole names, in which `*` stands for any text
// and `?` for any character; doctest ignores upper and lower case in it. A `,` ends a pattern, and
// only version 2.4.7 and later know an escape for it, so a `?` stands for it here. Source:
// wildcmp() and parseCommaSepArgs() of versions 2.4.0 to 2.4.11.
#include <algorithm>
#include <array>

#include "core/batch/framework.hpp"
#include "core/batch/unique_names.hpp"
#include "core/batch/xml.hpp"
#include "core/framework/case_report.hpp"
#include "core/framework/program_words.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_special_in_pattern = "*?,\\\"";

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_any_in_pattern(char c) { return k_special_in_pattern.find(c) != std::string_view::npos; }

struct DoctestOption {
  std::string_view brief;
  std::string_view full;
  DoctestWord kind;
};

// All options have one or two dashes, perhaps the prefix `dt-`, and their value behind a `=`.
constexpr auto k_doctest_options = std::to_array<DoctestOption>({
    {"tc", "test-case", DoctestWord::selection},
    {"r", "reporters", DoctestWord::report},
    {"o", "out", DoctestWord::report},
    {"s", "success", DoctestWord::report},
    {"m", "minimal", DoctestWord::report},
    {"q", "quiet", DoctestWord::report},
    {"d", "duration", DoctestWord::report},
    {"f", "first", DoctestWord::alone},
    {"l", "last", DoctestWord::alone},
    {"aa", "abort-after", DoctestWord::alone},
    {"ne", "no-exitcode", DoctestWord::alone},
    {"?", "help", DoctestWord::question},
    {"h", "help", DoctestWord::question},
    {"v", "version", DoctestWord::question},
    {"c", "count", DoctestWord::question},
    {"ltc", "list-test-cases", DoctestWord::question},
    {"lts", "list-test-suites", DoctestWord::question},
    {"lr", "list-reporters", DoctestWord::question},
    {"nr", "no-run", DoctestWord::question},
});

DoctestWord kind_of_word(std::string_view word) {
  if (!word.starts_with('-')) return DoctestWord::other;
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  if (word.starts_with("dt-")) word.remove_prefix(3);
  word = word.substr(0, word.find('='));
  const auto* const found = std::ranges::find_if(
      k_doctest_options,
      [word](const DoctestOption& one) { return one.brief == word || one.full == word; });
  return found == k_doctest_options.end() ? DoctestWord::other : found->kind;
}

class Doctest final : public Framework {
 public:
  explicit constexpr Doctest(Telling tells) : tells_(tells) {}

  std::string_view name() const override { return "doctest"; }
  std::string_view list_option() const override { return "--list-test-cases"; }
  Telling tells() const override { return tells_; }

  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    return std::ranges::equal(name, other, [](char wanted, char there) {
      return is_any_in_pattern(wanted) || folded(wanted) == folded(there);
    });
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    if (name.empty() || !others.empty()) return std::nullopt;
    std::string pattern(name);
    std::ranges::replace_if(pattern, is_any_in_pattern, '?');
    return pattern;
  }
  std::string_view selecting_option() const override { return "--test-case="; }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return doctest_words(arguments).without({DoctestWord::selection});
  }
  char separator() const override { return ','; }

  bool is_usual_exit(CaseEnd /*said*/, int code) const override { return code == 0; }

 private:
  Telling tells_;
};

constinit const Doctest k_doctest(Telling::ends);
constinit const Doctest k_silent_doctest(Telling::nothing);

}  // namespace

const Framework& doctest(Telling tells) {
  return tells == Telling::nothing ? k_silent_doctest : k_doctest;
}

ProgramWords<DoctestWord> doctest_words(char* const* arguments) {
  ProgramWords<DoctestWord> words;
  for (char* const* word = arguments; *word != nullptr; ++word) {
    words.add(*word, kind_of_word(*word));
  }
  return words;
}

std::optional<std::vector<std::string>> parse_doctest_list(std::string_view xml) {
  UniqueNames names;
  XmlTags tags(xml);
  while (const std::optional<std::string_view> tag = tags.next()) {
    if (*tag == "</doctest>") return names.take();
    // It lists only those that run. `skipped` tells of the decorator, which --no-skip undoes.
    if (is_xml_beginning(*tag, "TestCase")) names.add(xml_attribute(*tag, "name").value_or(""));
  }
  return std::nullopt;
}

}  // namespace holdfast
