#include "settings/known_flaky_keys.hpp"

#include "settings/keys.hpp"

namespace holdfast {
namespace {

constexpr const char* k_known_flaky = "[[known-flaky]]";

std::optional<Day> day_in(const toml::node& value) {
  if (const auto* text = value.as_string()) return parse_day(text->get());
  const auto* date = value.as_date();
  if (date == nullptr) return std::nullopt;
  const toml::date& day = date->get();
  return Day{std::chrono::year{day.year}, std::chrono::month{day.month}, std::chrono::day{day.day}};
}

class KnownFlakyReader {
 public:
  KnownFlakyReader(const toml::table& table, Complaints& complaints)
      : named_{table, k_known_flaky}, complaints_(complaints) {}

  KnownFlaky read() {
    complain_of_unknown_keys(named_, keys_of_table(k_known_flaky), complaints_);
    KnownFlaky entry;
    entry.origin = origin_of(named_.table, named_);
    entry.tests = pattern("tests", "a regular expression for names of tests");
    entry.flake.signature = pattern("signature", "a regular expression for a line of the output");
    entry.flake.issue = needed("issue", "where it is being dealt with").value_or("");
    entry.expires = expires();
    entry.flake.attempts = attempts();
    return entry;
  }

 private:
  bool has(std::string_view key, const std::string& expected) {
    if (named_.table.get(key) != nullptr) return true;
    complaints_.add(place_of(named_.table.source()), named_.name, "no `" + std::string(key) + "`",
                    expected);
    return false;
  }

  std::optional<std::string> needed(std::string_view key, const std::string& expected) {
    if (!has(key, expected)) return std::nullopt;
    return read_text(named_, key, expected, complaints_);
  }

  std::string pattern(std::string_view key, const std::string& expected) {
    const std::optional<std::string> text = needed(key, expected);
    if (!text) return {};
    check_pattern(named_, key, *text, complaints_);
    return *text;
  }

  unsigned attempts() {
    const toml::node* value = named_.table.get("attempts");
    if (value == nullptr) return k_default_flaky_attempts;
    const Result<unsigned> count = count_in(*value, k_most_further_attempts);
    if (count) return *count;
    complain_of(named_, "attempts", to_text(count.error()),
                "a number of further attempts, 0 to " + std::to_string(k_most_further_attempts),
                complaints_);
    return 0;
  }

  Day expires() {
    const std::string expected = "the last day on which it holds, such as 2026-12-31";
    if (!has("expires", expected)) return {};
    const toml::node& value = *named_.table.get("expires");
    if (const std::optional<Day> day = day_in(value)) return *day;
    const auto* text = value.as_string();
    complain_of(named_, "expires", text != nullptr ? in_quotes(text->get()) : describe_type(value),
                expected, complaints_);
    return {};
  }

  NamedTable named_;
  Complaints& complaints_;
};

}  // namespace

std::vector<KnownFlaky> read_known_flaky(const toml::node& node, Complaints& complaints) {
  std::vector<KnownFlaky> entries;
  const toml::array* array = tables_in(node, "known-flaky", k_known_flaky, complaints);
  if (array == nullptr) return entries;
  std::size_t size = 0;
  for (const toml::node& entry : *array) {
    entries.push_back(KnownFlakyReader(*entry.as_table(), complaints).read());
    size += entries.back().flake.signature.size() + entries.back().flake.issue.size() + 64;
    if (size <= k_most_known_flaky) continue;
    complaints.add(place_of(entry.source()), k_known_flaky, "too much",
                   "at most " + std::to_string(k_most_known_flaky) +
                       " bytes of signatures and issues in the whole file");
    break;
  }
  return entries;
}

}  // namespace holdfast
