// Pure.

#include <array>
#include <iterator>

#include "base/text.hpp"
#include "batches/gtest_report.hpp"
#include "batches/program_words.hpp"
#include "output/gtest_output.hpp"
#include "values/framework.hpp"

namespace holdfast {
namespace {

// The options of versions 2.13 and 3.
constexpr auto k_options = std::to_array<FrameworkOption<Catch2Word>>({
    {"-?", {}, Catch2Word::question},
    {"-h", "--help", Catch2Word::question},
    {"-l", "--list-tests", Catch2Word::question},
    {"-t", "--list-tags", Catch2Word::question},
    {{}, "--list-test-names-only", Catch2Word::question},
    {{}, "--list-reporters", Catch2Word::question},
    {{}, "--list-listeners", Catch2Word::question},
    {{}, "--libidentify", Catch2Word::question},
    {"-s", "--success", Catch2Word::other},
    {"-b", "--break", Catch2Word::other},
    {"-e", "--nothrow", Catch2Word::other},
    {"-i", "--invisibles", Catch2Word::other},
    {"-o", "--out", Catch2Word::output, true},
    {"-r", "--reporter", Catch2Word::reporter, true},
    {"-n", "--name", Catch2Word::other, true},
    {"-a", "--abort", Catch2Word::ending},
    {"-x", "--abortx", Catch2Word::ending, true},
    {"-w", "--warn", Catch2Word::warning, true},
    {"-d", "--durations", Catch2Word::other, true},
    {"-D", "--min-duration", Catch2Word::other, true},
    {"-f", "--input-file", Catch2Word::selection, true},
    {"-#", "--filenames-as-tags", Catch2Word::other},
    {"-c", "--section", Catch2Word::other, true},
    {"-v", "--verbosity", Catch2Word::output, true},
    {{}, "--order", Catch2Word::other, true},
    {{}, "--rng-seed", Catch2Word::other, true},
    {{}, "--use-colour", Catch2Word::other, true},
    {{}, "--colour-mode", Catch2Word::other, true},
    {{}, "--wait-for-keypress", Catch2Word::other, true},
    {{}, "--skip-benchmarks", Catch2Word::other},
    {{}, "--benchmark-samples", Catch2Word::other, true},
    {{}, "--benchmark-resamples", Catch2Word::other, true},
    {{}, "--benchmark-confidence-interval", Catch2Word::other, true},
    {{}, "--benchmark-no-analysis", Catch2Word::other},
    {{}, "--benchmark-warmup-time", Catch2Word::other, true},
    {{}, "--shard-count", Catch2Word::shard_count, true},
    {{}, "--shard-index", Catch2Word::shard_index, true},
    {{}, "--allow-running-no-tests", Catch2Word::other},
});

// A word with options in it, and perhaps a value: `-s`, `-sr`, `--out=file`, `-o:file`.
struct OptionWord {
  const FrameworkOption<Catch2Word>* last = nullptr;  // null: Catch2 does not know it
  std::optional<std::string_view> value;
};

OptionWord read_option(std::string_view word) {
  OptionWord read;
  const std::size_t end = word.find_first_of(":=");
  const std::string_view name = word.substr(0, end);
  if (end != std::string_view::npos) read.value = word.substr(end + 1);
  read.last = option_called(name, k_options);
  if (read.last != nullptr || name.starts_with("--")) return read;
  // These are several options with one dash. Only the last may take a value.
  const char last[] = {'-', name.back()};
  read.last = option_called(std::string_view(last, sizeof last), k_options);
  return read;
}

bool is_option(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

// `unset`: the number if there is no such option. None: it is no number.
std::optional<std::size_t> shard_number(const ProgramWords<Catch2Word>& words, Catch2Word kind,
                                        std::size_t unset) {
  if (!words.has(kind)) return unset;
  return parse_number<std::size_t>(words.value_of(kind));
}

// Whether Catch2 takes the shard: its index is below its count.
bool is_shard_of_catch2(const ProgramWords<Catch2Word>& words) {
  const auto count = shard_number(words, Catch2Word::shard_count, 1);
  const auto index = shard_number(words, Catch2Word::shard_index, 0);
  return count && index && *index < *count;
}

// How names of Catch2's cases are written on the command line, to select them. Catch2 ignores upper
// and lower case in names, and blanks around them. A `*` at an end of a name stands for any text,
// even after a `\`. A name that begins with `exclude:` gets a `*` in front, because Catch2 takes
// that word as its own. Source: TestSpecParser and WildcardPattern of versions 2.13 and 3.

// Each of these has a meaning in a selection, unless there is a `\` before it.
constexpr std::string_view k_with_meaning = "\\,[]\"~";
constexpr std::string_view k_blanks = "\t\n\r ";
constexpr std::string_view k_exclude = "exclude:";

// Catch2's programs run in the locale "C", tolower(3).
bool are_same(char one, char other) { return lower(one) == lower(other); }

bool is_begin_of(std::string_view part, std::string_view text) {
  return part.size() <= text.size() && std::equal(part.begin(), part.end(), text.begin(), are_same);
}

bool is_in(std::string_view part, std::string_view text) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), are_same) != text.end();
}

constexpr std::string_view k_indent = "  ";  // of a name in the list for people

// Version 2 puts quotes around a name that begins with `#`.
std::string_view without_quotes(std::string_view line) {
  if (line.size() < 3 || !line.starts_with("\"#") || line.back() != '"') return line;
  return line.substr(1, line.size() - 2);
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = take_part(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
  return line;
}

bool begins_list(std::string_view line) {
  return line.ends_with("All available test cases:") || line.ends_with("Matching test cases:");
}

// The number in `3 test cases` or `1 matching test case`.
std::optional<std::size_t> count_in(std::string_view line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(end);
  const bool is_count = rest == " test cases" || rest == " test case" ||
                        rest == " matching test cases" || rest == " matching test case";
  return is_count ? parse_number<std::size_t>(line.substr(0, end)) : std::nullopt;
}

// The exit code of version 3.3 and later when every case of the process was skipped.
constexpr int k_all_skipped = 4;

class Catch2 final : public Framework {
 public:
  constexpr Catch2() : Framework({"Catch2", "--list-tests", {}, ','}) {}

  // Catch2 ignores upper and lower case in names, so any selection may select another case too.
  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    std::string_view wanted = trimmed(name, k_blanks);
    const std::string_view text = trimmed(other, k_blanks);
    const bool from_any = wanted.starts_with('*') || wanted.starts_with(k_exclude);
    if (wanted.starts_with('*')) wanted.remove_prefix(1);
    const bool to_any = wanted.ends_with('*');
    if (to_any) wanted.remove_suffix(1);
    if (wanted.size() > text.size()) return false;
    if (from_any && to_any) return is_in(wanted, text);
    if (from_any) return is_begin_of(wanted, text.substr(text.size() - wanted.size()));
    return is_begin_of(wanted, text) && (to_any || wanted.size() == text.size());
  }
  // None also if the name consists of blanks.
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    const std::string_view bare = trimmed(name, k_blanks);
    if (bare.empty() || !others.empty()) return std::nullopt;
    std::string text;
    if (bare.starts_with(k_exclude)) text = "*";
    for (const char c : bare) {
      // An argument that begins with `-` is an option.
      const bool is_option = c == '-' && text.empty();
      if (is_option || k_with_meaning.find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
    return text;
  }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return catch2_words(arguments).without(
        {Catch2Word::selection, Catch2Word::shard_count, Catch2Word::shard_index});
  }
  bool is_usual_exit(CaseEnd said, int code) const override {
    return code == 0 || (said == CaseEnd::skipped && code == k_all_skipped);
  }
};

constinit const Catch2 k_catch2;

constexpr std::string_view k_result = ":test-result: ";

// XFAIL: the case failed as its tag says ([!mayfail], [!shouldfail]).
constexpr std::pair<std::string_view, CaseEnd> k_words[] = {{"PASS ", CaseEnd::passed},
                                                            {"XFAIL ", CaseEnd::passed},
                                                            {"SKIP ", CaseEnd::skipped},
                                                            {"FAIL ", CaseEnd::failed}};

// Reads "test cases: 3 | 1 passed | 2 failed". A column "failed as expected" is no failure.
bool tells_of_failures(std::string_view columns) {
  constexpr std::string_view k_failed = " failed";
  for (std::string_view column : TextParts{columns, '|'}) {
    while (column.ends_with(' ')) column.remove_suffix(1);
    if (column.ends_with(k_failed)) return true;
  }
  return false;
}

}  // namespace

ProgramWords<Catch2Word> catch2_words(char* const* arguments) {
  ProgramWords<Catch2Word> words;
  for (char* const* word = arguments; *word != nullptr; ++word) {
    if (!is_option(*word)) {
      words.add(*word, Catch2Word::selection);
      continue;
    }
    const OptionWord option = read_option(*word);
    const bool is_known = option.last != nullptr;
    words.add(*word, is_known ? option.last->kind : Catch2Word::other, option.value.value_or(""));
    const bool may_take = !is_known || option.last->has_value;
    const bool takes_next =
        may_take && !option.value && word[1] != nullptr && (is_known || !is_option(word[1]));
    if (takes_next) words.add_value(*++word);
  }
  if (!is_shard_of_catch2(words)) {
    words.change(Catch2Word::shard_count, Catch2Word::other);
    words.change(Catch2Word::shard_index, Catch2Word::other);
  }
  return words;
}

Catch2Shard catch2_shard(const ProgramWords<Catch2Word>& words) {
  Catch2Shard shard;
  shard.count = shard_number(words, Catch2Word::shard_count, shard.count).value_or(shard.count);
  shard.index = shard_number(words, Catch2Word::shard_index, shard.index).value_or(shard.index);
  return shard;
}

const Framework& catch2() { return k_catch2; }

std::optional<Catch2List> parse_catch2_xml_list(std::string_view xml) {
  // The program may have printed anything before.
  XmlTags tags(xml.substr(std::min(xml.find("<MatchingTests"), xml.size())));
  UniqueNames names;
  bool is_in_name = false;
  while (const std::optional<std::string_view> tag = tags.next()) {
    if (tag == "</Name>") names.add(tags.text());
    if (tag == "</MatchingTests>" || tag == "<MatchingTests/>") {
      return is_in_name ? std::nullopt : std::optional(Catch2List{names.take(), {}});
    }
    is_in_name = tag == "<Name>";
  }
  return std::nullopt;
}

std::optional<Catch2List> parse_catch2_name_list(std::string_view text) {
  // What the program printed before may stand in the same line.
  std::string_view line;
  while (!text.empty() && !begins_list(line)) line = take_line(text);
  std::vector<std::string_view> shown;
  std::optional<std::size_t> count;
  while (!text.empty() && !count) {
    line = take_line(text);
    count = count_in(line);
    if (!count && line.starts_with(k_indent)) shown.push_back(line.substr(k_indent.size()));
  }
  if (!count || !take_line(text).empty()) return std::nullopt;
  UniqueNames names;
  for (std::size_t i = 0; i < *count && !text.empty(); ++i) {
    names.add(std::string(without_quotes(take_line(text))));
  }
  Catch2List list{names.take(), {}};
  while (!text.empty() && list.trouble.empty()) {
    line = take_line(text);
    if (std::ranges::find(shown, line) != shown.end()) list.trouble = "a name has several lines";
  }
  return list;
}

std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard) {
  std::vector<std::string> others;
  if (shard.count < 2 || shard.index >= shard.count) return others;
  const std::size_t size = cases.size() / shard.count;
  const std::size_t more = cases.size() % shard.count;  // how many shards have one case more
  const std::size_t begin = shard.index * size + std::min(shard.index, more);
  const std::size_t end = (shard.index + 1) * size + std::min(shard.index + 1, more);
  std::vector<std::string> mine;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    (i >= begin && i < end ? mine : others).push_back(std::move(cases[i]));
  }
  cases = std::move(mine);
  return others;
}

std::vector<ReportedCase> read_catch2_cases(std::string_view report) {
  std::vector<ReportedCase> cases;
  while (report.find('\n') != std::string_view::npos) {
    std::string_view line = take_part(report, '\n');
    const bool is_result = line.starts_with(k_result);
    if (is_result) line.remove_prefix(k_result.size());
    const auto* const word = std::ranges::find_if(
        k_words, [line](const auto& one) { return line.starts_with(one.first); });
    if (is_result && word != std::end(k_words)) {
      cases.push_back({std::string(line.substr(word->first.size())), word->second});
    } else if (!cases.empty()) {
      cases.back().name += '\n' + std::string(is_result ? k_result : "") + std::string(line);
    }
  }
  return cases;
}

Catch2Totals read_catch2_totals(std::string_view text, Catch2Source source) {
  constexpr std::string_view k_columns = "test cases:";
  Catch2Totals totals;
  for (const std::string_view printed : TextParts{text, '\n'}) {
    // Before version 3.3, the compact reporter writes these lines.
    const bool is_early_pass = source == Catch2Source::compact && printed.starts_with("Passed ");
    const bool is_early_failure = source == Catch2Source::compact && printed.starts_with("Failed ");
    const std::string plain = without_colours(printed);
    const std::string_view line = plain;
    // A crash is reported before the totals.
    if (line.find("fatal error condition") != std::string_view::npos) {
      totals.has_crashed = true;
    } else if (line.starts_with("No tests ran")) {
      totals.are_there = totals.ran_nothing = true;
    } else if (is_early_pass || line.starts_with("All tests passed (")) {
      totals.are_there = true;
    } else if (line.starts_with(k_columns)) {
      totals.are_there = true;
      totals.has_failed = tells_of_failures(line.substr(k_columns.size()));
    } else if (is_early_failure) {
      totals.are_there = totals.has_failed = true;
    }
  }
  return totals;
}

}  // namespace holdfast
