#include "settings/affected_keys.hpp"

#include "settings/keys.hpp"
#include "settings/pattern.hpp"

namespace holdfast {
namespace {

constexpr const char* k_affected = "[[affected]]";
constexpr const char* k_globs = R"(a glob for files, or a list of such, such as ["data/**"])";
constexpr const char* k_patterns =
    R"(a regular expression for names of tests, or a list of such, such as ["^db\\."])";

class AffectedReader {
 public:
  AffectedReader(const toml::table& table, Complaints& complaints)
      : named_{table, k_affected}, complaints_(complaints) {}

  AffectedRule read() {
    complain_of_unknown_keys(named_, keys_of_table(k_affected), complaints_);
    AffectedRule rule;
    rule.origin = origin_of(named_.table, named_);
    rule.files = texts("files", k_globs);
    rule.tests = texts("tests", k_patterns);
    rule.ignore = texts("ignore", k_globs);
    check_globs("files", rule.files);
    check_globs("ignore", rule.ignore);
    if (has("documentation")) {
      rule.documentation = texts("documentation", k_globs, Empty::allowed);
      check_globs("documentation", *rule.documentation);
    }
    for (const std::string& pattern : rule.tests) {
      check_pattern(named_, "tests", pattern, complaints_);
    }
    check_keys();
    return rule;
  }

 private:
  bool has(std::string_view key) const { return named_.table.get(key) != nullptr; }

  void check_keys() {
    const char* expected = "`files` with `tests`, `ignore` or `documentation`";
    const auto complain = [&](const char* found) {
      complaints_.add(place_of(named_.table.source()), k_affected, found, expected);
    };
    if (has("files") && !has("tests")) return complain("`files` without `tests`");
    if (has("tests") && !has("files")) return complain("`tests` without `files`");
    if (!has("files") && !has("ignore") && !has("documentation")) complain("none of its keys");
  }

  enum class Empty : std::uint8_t { refused, allowed };

  // The texts under `key`; none: there is no such key.
  std::vector<std::string> texts(std::string_view key, const char* expected,
                                 Empty empty = Empty::refused) {
    const toml::node* value = named_.table.get(key);
    if (value == nullptr) return {};
    std::vector<std::string> found;
    const toml::array* list = value->as_array();
    if (list == nullptr) {
      add_text(key, *value, expected, found);
      return found;
    }
    for (const toml::node& entry : *list) add_text(key, entry, expected, found);
    if (list->empty() && empty == Empty::refused)
      complain_of(named_, key, "an empty list", expected, complaints_);
    return found;
  }

  void add_text(std::string_view key, const toml::node& node, const char* expected,
                std::vector<std::string>& texts) {
    const auto* text = node.as_string();
    if (text != nullptr && !text->get().empty()) {
      texts.push_back(text->get());
    } else {
      complain_of(named_, key, text != nullptr ? "an empty string" : describe_type(node), expected,
                  complaints_);
    }
  }

  void check_globs(std::string_view key, const std::vector<std::string>& globs) {
    for (const std::string& glob : globs) {
      const Result<Pattern> compiled = Pattern::compile(expression_for_glob(glob));
      if (compiled) continue;
      complain_of(named_, key, in_quotes(glob) + " with " + to_text(compiled.error()), k_globs,
                  complaints_);
    }
  }

  NamedTable named_;
  Complaints& complaints_;
};

}  // namespace

std::vector<AffectedRule> read_affected(const toml::node& node, Complaints& complaints) {
  std::vector<AffectedRule> rules;
  const toml::array* array = tables_in(node, "affected", k_affected, complaints);
  if (array == nullptr) return rules;
  for (const toml::node& entry : *array) {
    rules.push_back(AffectedReader(*entry.as_table(), complaints).read());
  }
  return rules;
}

}  // namespace holdfast
