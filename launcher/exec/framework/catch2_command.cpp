#include "exec/framework/catch2_command.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "core/base/number.hpp"

namespace holdfast::exec {
namespace {

enum class Takes : std::uint8_t { nothing, value };

struct Option {
  std::string_view brief;  // with one dash; empty: it has none
  std::string_view full;
  Takes takes;
  Catch2Word kind = Catch2Word::other;
};

constexpr std::string_view k_shard_count = "--shard-count";
constexpr std::string_view k_shard_index = "--shard-index";

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
    {{}, k_shard_count, Takes::value, Catch2Word::shard},
    {{}, k_shard_index, Takes::value, Catch2Word::shard},
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

}  // namespace

Catch2Command::Catch2Command(const os::Command& given) : command_(given) {
  if (*given.arguments == nullptr) return;
  for (char** word = given.arguments + 1; *word != nullptr; ++word) {
    if (!is_option(*word)) {
      words_.push_back({*word, Catch2Word::selection});
      continue;
    }
    const OptionWord option = read_option(*word);
    const Catch2Word kind = option.last == nullptr ? Catch2Word::other : option.last->kind;
    words_.push_back({*word, kind});
    const bool may_take = option.last == nullptr || option.last->takes == Takes::value;
    const bool takes_next = may_take && !option.value && word[1] != nullptr &&
                            (option.last != nullptr || !is_option(word[1]));
    if (takes_next) words_.push_back({*++word, kind});
    if (option.last != nullptr) {
      note_shard(option.last->full, option.value.value_or(*word));
    }
  }
}

void Catch2Command::note_shard(std::string_view option, std::string_view value) {
  const std::optional<std::size_t> number = parse_number<std::size_t>(value);
  if (!number) return;
  if (option == k_shard_count) shard_.count = *number;
  if (option == k_shard_index) shard_.index = *number;
}

bool Catch2Command::has(Catch2Word kind) const {
  return std::any_of(words_.begin(), words_.end(),
                     [kind](const Word& word) { return word.kind == kind; });
}

std::vector<char*> Catch2Command::without(std::initializer_list<Catch2Word> kinds) const {
  std::vector<char*> left;
  for (const Word& word : words_) {
    if (std::find(kinds.begin(), kinds.end(), word.kind) == kinds.end()) left.push_back(word.text);
  }
  return left;
}

}  // namespace holdfast::exec
