#include <algorithm>
#include <iterator>
#include <optional>

#include "core/base/number.hpp"
#include "core/framework/program_words.hpp"

namespace holdfast {
namespace {

enum class Takes : std::uint8_t { nothing, value };

struct Option {
  std::string_view brief;  // with one dash; empty: it has none
  std::string_view full;
  Takes takes;
  Catch2Word kind = Catch2Word::other;
};

// The options of versions 2.13 and 3.
constexpr Option k_options[] = {
    {"-?", {}, Takes::nothing, Catch2Word::question},
    {"-h", "--help", Takes::nothing, Catch2Word::question},
    {"-l", "--list-tests", Takes::nothing, Catch2Word::question},
    {"-t", "--list-tags", Takes::nothing, Catch2Word::question},
    {{}, "--list-test-names-only", Takes::nothing, Catch2Word::question},
    {{}, "--list-reporters", Takes::nothing, Catch2Word::question},
    {{}, "--list-listeners", Takes::nothing, Catch2Word::question},
    {{}, "--libidentify", Takes::nothing, Catch2Word::question},
    {"-s", "--success", Takes::nothing},
    {"-b", "--break", Takes::nothing},
    {"-e", "--nothrow", Takes::nothing},
    {"-i", "--invisibles", Takes::nothing},
    {"-o", "--out", Takes::value, Catch2Word::output},
    {"-r", "--reporter", Takes::value, Catch2Word::reporter},
    {"-n", "--name", Takes::value},
    {"-a", "--abort", Takes::nothing, Catch2Word::ending},
    {"-x", "--abortx", Takes::value, Catch2Word::ending},
    {"-w", "--warn", Takes::value, Catch2Word::warning},
    {"-d", "--durations", Takes::value},
    {"-D", "--min-duration", Takes::value},
    {"-f", "--input-file", Takes::value, Catch2Word::selection},
    {"-#", "--filenames-as-tags", Takes::nothing},
    {"-c", "--section", Takes::value},
    {"-v", "--verbosity", Takes::value, Catch2Word::output},
    {{}, "--order", Takes::value},
    {{}, "--rng-seed", Takes::value},
    {{}, "--use-colour", Takes::value},
    {{}, "--colour-mode", Takes::value},
    {{}, "--wait-for-keypress", Takes::value},
    {{}, "--skip-benchmarks", Takes::nothing},
    {{}, "--benchmark-samples", Takes::value},
    {{}, "--benchmark-resamples", Takes::value},
    {{}, "--benchmark-confidence-interval", Takes::value},
    {{}, "--benchmark-no-analysis", Takes::nothing},
    {{}, "--benchmark-warmup-time", Takes::value},
    {{}, "--shard-count", Takes::value, Catch2Word::shard_count},
    {{}, "--shard-index", Takes::value, Catch2Word::shard_index},
    {{}, "--allow-running-no-tests", Takes::nothing},
};

const Option* option_called(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(k_options), std::end(k_options),
                   [name](const Option& one) { return one.brief == name || one.full == name; });
  return found == std::end(k_options) ? nullptr : found;
}

// A word with options in it, and perhaps a value: `-s`, `-sr`, `--out=file`, `-o:file`.
struct OptionWord {
  const Option* last = nullptr;  // null: Catch2 does not know it
  std::optional<std::string_view> value;
};

OptionWord read_option(std::string_view word) {
  OptionWord read;
  const std::size_t end = word.find_first_of(":=");
  const std::string_view name = word.substr(0, end);
  if (end != std::string_view::npos) read.value = word.substr(end + 1);
  read.last = option_called(name);
  if (read.last != nullptr || name.starts_with("--") || name.size() < 3) return read;
  // These are several options with one dash. Only the last may take a value.
  const char last[] = {'-', name.back()};
  read.last = option_called(std::string_view(last, sizeof last));
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
    const bool may_take = !is_known || option.last->takes == Takes::value;
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

}  // namespace holdfast
