// Sorts the words of a test program's command line by what they are for. The arguments are
// null-terminated, without the program's name, and must outlive the result. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace holdfast {

template <class Kind>
class ProgramWords {
 public:
  void add(char* text, Kind kind, std::string_view value = {}) {
    words_.push_back({text, kind, value, true});
  }
  // Adds a word that belongs to the word before.
  void add_value(char* text) { words_.push_back({text, words_.back().kind, text, false}); }

  // From now on, words of the first kind are of the second.
  void change(Kind from, Kind to) {
    for (Word& word : words_) {
      if (word.kind == from) word.kind = to;
    }
  }

  bool has(Kind kind) const { return count(kind) > 0; }
  // How many options are of this kind.
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        words_, [kind](const Word& word) { return word.begins && word.kind == kind; }));
  }
  // The value of the last option of this kind; empty: there is none.
  std::string_view value_of(Kind kind) const {
    std::string_view value;
    for (const Word& word : words_) {
      if (word.kind == kind) value = word.value;
    }
    return value;
  }
  // The arguments without words of these kinds.
  std::vector<char*> without(std::initializer_list<Kind> kinds) const {
    std::vector<char*> left;
    for (const Word& word : words_) {
      if (std::ranges::find(kinds, word.kind) == kinds.end()) left.push_back(word.text);
    }
    return left;
  }

 private:
  struct Word {
    char* text;
    Kind kind;
    std::string_view value;
    bool begins;
  };
  std::vector<Word> words_;
};

// An option in a table of a framework's options.
template <class Kind>
struct FrameworkOption {
  std::string_view brief;  // empty: there is none
  std::string_view full;   // likewise
  Kind kind;
  bool has_value = false;  // which matters here
};

// Null: the table has no such option.
template <class Options>
auto option_called(std::string_view name, const Options& options) -> decltype(options.data()) {
  const auto found = std::ranges::find_if(options, [name](const auto& one) {
    return !name.empty() && (name == one.brief || name == one.full);
  });
  return found == options.end() ? nullptr : &*found;
}

// An option that Catch2 does not know is the program's own. It stays `other`, and so does the next
// word, which may be its value. A shard that Catch2 refuses is `other`, too, so that it stays in
// every command.
enum class Catch2Word : std::uint8_t {
  other,
  selection,    // names, tags, files of names
  reporter,     // --reporter
  output,       // --out, --verbosity: where the reporter writes, and how much
  shard_count,  // --shard-count
  shard_index,  // --shard-index
  warning,      // --warn
  ending,       // --abort, --abortx: the run ends after that many failures
  question,     // --list-tests, --help and the like: the program runs no case
};
ProgramWords<Catch2Word> catch2_words(char* const* arguments);

// `--shard-count` and `--shard-index` of version 3. A shard runs one stretch of the list.
struct Catch2Shard {
  std::size_t count = 1;
  std::size_t index = 0;
};
Catch2Shard catch2_shard(const ProgramWords<Catch2Word>& words);

enum class DoctestWord : std::uint8_t {
  other,
  selection,  // the names of cases
  report,     // what is reported, how, and where to
  alone,      // what is about all cases of a run together
  question,   // the program runs no case
};
ProgramWords<DoctestWord> doctest_words(char* const* arguments);

// Boost.Test takes the beginning of an option for the option. Such a word is `unknown`, and so is
// an option whose value is not where Boost.Test expects it, and `--`.
enum class BoostWord : std::uint8_t {
  own,         // the program's own
  harmless,    // a process of one case has it too
  selection,   // --run_test
  loggers,     // --logger
  log_format,  // --log_format
  log_level,   // --log_level
  log_sink,    // --log_sink
  question,    // the program runs no case
  unknown,
};
ProgramWords<BoostWord> boost_words(char* const* arguments);

}  // namespace holdfast
