#include <array>
#include <optional>

#include "core/base/number.hpp"
#include "core/framework/program_words.hpp"

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
  if (read.last != nullptr || name.starts_with("--") || name.size() < 3) return read;
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

}  // namespace holdfast
