#include "affected/command_reading.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "values/file_glob.hpp"

namespace holdfast {
namespace {

// More values of a word than this count as unknown.
constexpr std::size_t k_most_values = 8;
constexpr std::string_view k_unknown_text(&k_unknown, 1);
// Scripts within scripts.
constexpr int k_deepest = 6;

constexpr std::string_view k_blanks = " \t\r";
constexpr std::string_view k_operators = "\n;&|()<>";

constexpr std::array<std::string_view, 9> k_shells{"sh",  "bash", "dash", "ksh",    "mksh",
                                                   "zsh", "ash",  "yash", "busybox"};
// What may stand before the name of a program.
constexpr std::array<std::string_view, 14> k_before{"if",    "then",    "else",    "elif", "do",
                                                    "while", "until",   "!",       "{",    "time",
                                                    "exec",  "command", "builtin", "nohup"};
// Their arguments name files only where they have a slash.
constexpr std::array<std::string_view, 14> k_speakers{"echo",   "printf", "exit", "return", "kill",
                                                      "sleep",  "wait",   "set",  "unset",  "shift",
                                                      "ulimit", "umask",  "trap", "break"};
// An unknown argument of these names no file.
constexpr std::array<std::string_view, 3> k_askers{"[", "test", "export"};
constexpr std::array<std::string_view, 6> k_builders{"make",  "gmake", "ninja",
                                                     "meson", "cargo", "ninja-build"};

// Their scripts look like those of a shell.
constexpr std::array<std::string_view, 12> k_other_languages{
    "awk", "gawk", "mawk", "perl", "ruby", "node", "lua", "sed", "grep", "jq", "tclsh", "expect"};

template <class List>
bool has(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool is_name_byte(char c) { return is_ascii_alphanumeric(c) || c == '_'; }

std::size_t end_of_name(std::string_view text, std::size_t from) {
  while (from < text.size() && is_name_byte(text[from])) ++from;
  return from;
}

// The name in `NAME=VALUE`; empty: it is none.
std::string_view assigned_name(std::string_view word) {
  const std::size_t end = end_of_name(word, 0);
  const bool is_one = end > 0 && end < word.size() && word[end] == '=' && !is_ascii_digit(word[0]);
  return is_one ? word.substr(0, end) : std::string_view();
}

// `-c`, `-ec`, `-lc`
bool is_script_option(std::string_view word) {
  return word.starts_with('-') && word.ends_with('c') && end_of_name(word, 1) == word.size();
}

bool looks_like_script(std::string_view word) {
  return word.find("&&") != std::string_view::npos || word.find("||") != std::string_view::npos ||
         word.find("; ") != std::string_view::npos || word.starts_with("cd ");
}

void add_once(std::vector<std::string>& values, std::string value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
}

}  // namespace

// Takes a script apart.
class ScriptReader {
 public:
  using Values = CommandReader::Values;
  using Word = CommandReader::Word;

  ScriptReader(CommandReader& reader, std::string_view text, int depth)
      : reader_(reader), text_(text), depth_(depth) {}

  void read() {
    std::vector<Word> words;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (k_blanks.find(c) != std::string_view::npos || is_line_end()) {
        at_ += c == '\\' ? 2 : 1;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '<' || c == '>') {
        take_redirection();
      } else if (k_operators.find(c) != std::string_view::npos) {
        ++at_;
        end_command(words);
      } else {
        words.push_back(take_word());
      }
    }
    end_command(words);
  }

 private:
  bool is_line_end() const { return text_[at_] == '\\' && text_.substr(at_ + 1, 1) == "\n"; }

  void end_command(std::vector<Word>& words);

  // What follows is a word like others. `<(` begins a script.
  void take_redirection() { at_ = std::min(text_.find_first_not_of("<>&|-", at_), text_.size()); }

  Word take_word() {
    const std::size_t begin = at_;
    values_ = {""};
    while (at_ < text_.size()) {
      if (ends_word(text_[at_])) break;
      take_part(begin);
    }
    return {std::move(values_), std::string(text_.substr(begin, at_ - begin))};
  }

  void take_part(std::size_t begin) {
    const char c = text_[at_++];
    switch (c) {
      case '\\':
        if (at_ < text_.size() && text_[at_] != '\n') add(text_.substr(at_, 1));
        at_ = std::min(at_ + 1, text_.size());
        return;
      case '\'':
        return add(take_to('\''));
      case '"':
        return take_quoted();
      case '$':
        return take_expansion();
      case '`':
        return add_unknown(take_to('`'));
      case '*':
        return add({&k_star, 1});
      case '?':
        return add({&k_one, 1});
      case '[':
        return take_brackets();
      case '{':
        return take_alternatives();
      case '~':
        return take_home(at_ - 1 == begin);
      default:
        return add({&c, 1});
    }
  }

  // Up to `end`, which is taken too.
  std::string_view take_to(char end) {
    const std::size_t found = std::min(text_.find(end, at_), text_.size());
    const std::string_view part = text_.substr(at_, found - at_);
    at_ = std::min(found + 1, text_.size());
    return part;
  }

  void take_quoted() {
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (c == '$') {
        take_expansion();
      } else if (c == '`') {
        add_unknown(take_to('`'));
      } else if (c == '\\' && at_ < text_.size() &&
                 std::string_view("$`\"\\\n").find(text_[at_]) != std::string_view::npos) {
        if (text_[at_] != '\n') add(text_.substr(at_, 1));
        ++at_;
      } else {
        add({&c, 1});
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  // `[a-c]` and `{a,b}`, `{1..3}`: anything, if it is such a group.
  void take_brackets() {
    std::size_t at = at_;
    if (at < text_.size() && (text_[at] == '!' || text_[at] == '^')) ++at;
    if (at < text_.size() && text_[at] == ']') ++at;
    while (at < text_.size() && text_[at] != ']' && !ends_word(text_[at])) {
      const bool is_class = text_.substr(at, 2) == "[:";
      const std::size_t end = is_class ? text_.find(":]", at) : std::string_view::npos;
      at = end == std::string_view::npos ? at + 1 : end + 2;
    }
    take_group(at, ']', "[");
  }

  void take_alternatives() {
    std::size_t at = at_;
    int open = 1;
    bool is_list = false;
    for (; at < text_.size() && !ends_word(text_[at]); ++at) {
      if (text_[at] == '{') ++open;
      if (text_[at] == '}' && --open == 0) break;
      is_list = is_list || text_[at] == ',' || text_.substr(at, 2) == "..";
    }
    take_group(is_list ? at : text_.size(), '}', "{");
  }

  void take_group(std::size_t end, char last, std::string_view first) {
    if (end >= text_.size() || text_[end] != last) return add(first);
    at_ = end + 1;
    add(k_unknown_text);
  }

  static bool ends_word(char c) {
    return k_blanks.find(c) != std::string_view::npos ||
           k_operators.find(c) != std::string_view::npos;
  }

  void take_home(bool is_first) {
    const bool ends = at_ == text_.size() || text_[at_] == '/' ||
                      k_blanks.find(text_[at_]) != std::string_view::npos;
    if (is_first && ends) return add_values(reader_.values_of("HOME"));
    add("~");
  }

  // After the `$`.
  void take_expansion() {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '\'' || c == '"') return;  // $'…': the quotes follow
    if (c == '(') return take_substitution();
    if (c == '{') return take_braces();
    if (is_ascii_digit(c) || c == '@' || c == '*') {
      ++at_;
      return add_values(reader_.arguments_);
    }
    if (c == '?' || c == '#' || c == '$' || c == '!' || c == '-') {
      ++at_;
      return add("0");  // a number, which is hardly a part of the name of a file in git
    }
    const std::size_t end = end_of_name(text_, at_);
    if (end == at_) return add("$");
    const std::string name(text_.substr(at_, end - at_));
    at_ = end;
    add_values(reader_.values_of(name));
  }

  // What a command prints is not known, but the command names files, too.
  void take_substitution() {
    const std::size_t begin = ++at_;
    int open = 1;
    while (at_ < text_.size() && open > 0) {
      const char c = text_[at_++];
      if (c == '(') ++open;
      if (c == ')') --open;
      if (c == '\'') take_to('\'');
    }
    const std::size_t end = open == 0 ? at_ - 1 : at_;
    const std::string_view script = text_.substr(begin, end - begin);
    if (script == "pwd") return add_values(reader_.command_.directories);
    if (script.starts_with('(')) return add(k_unknown_text);  // arithmetic
    add_unknown(script);
  }

  void take_braces() {
    const std::size_t begin = ++at_;
    for (int open = 1; at_ < text_.size() && open > 0; ++at_) {
      if (text_[at_] == '{') ++open;
      if (text_[at_] == '}') --open;
    }
    const bool is_closed = text_[at_ - 1] == '}';
    const std::string_view inner = text_.substr(begin, at_ - begin - (is_closed ? 1 : 0));
    const std::size_t end = end_of_name(inner, 0);
    const std::string name(inner.substr(0, end));
    std::string_view rest = inner.substr(end);
    if (name.empty()) return add(rest.starts_with('#') ? "0" : k_unknown_text);
    Values values = is_ascii_digit(name[0]) ? reader_.arguments_ : reader_.values_of(name);
    if (rest.empty()) return add_values(values);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    const bool has_default = !rest.empty() && std::string_view("-=+?").find(rest[0]) != rest.npos;
    if (!has_default) return add(k_unknown_text);
    const std::string_view other = rest.substr(1);
    const bool is_plain = other.find_first_of("$`\"'\\*[{") == std::string_view::npos;
    add_once(values, is_plain ? std::string(other) : std::string(k_unknown_text));
    add_values(values);
  }

  void add_unknown(std::string_view script) {
    Values values = std::move(values_);
    reader_.read_script(script, depth_ + 1);
    values_ = std::move(values);
    add(k_unknown_text);
  }

  void add(std::string_view text) {
    for (std::string& value : values_) value += text;
  }

  void add_values(const Values& more) {
    if (more.size() * values_.size() > k_most_values) return add(k_unknown_text);
    if (more.empty()) return;
    Values all;
    for (const std::string& value : values_) {
      for (const std::string& next : more) all.push_back(value + next);
    }
    values_ = std::move(all);
  }

  CommandReader& reader_;
  std::string_view text_;
  int depth_;
  std::size_t at_ = 0;
  Values values_;
};

// Reads the words of one command.
class WordsReader {
 public:
  using Values = CommandReader::Values;
  using Word = CommandReader::Word;

  // `is_argv`: the words are those that the program gets, and not those of a script.
  WordsReader(CommandReader& reader, const std::vector<Word>& words, bool is_argv, int depth)
      : reader_(reader), words_(words), is_argv_(is_argv), depth_(depth) {}

  void read() {
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string& first = words_[at_].values.front();
      if (is_script_next_) {
        read_script();
      } else if (is_argv_ && at_ > 0 && may_be_script(first)) {
        const bool was_guess = std::exchange(reader_.is_guess_, true);
        read_script();
        reader_.is_guess_ = was_guess;
      }
      if (std::exchange(is_script_next_, false)) continue;
      is_place_ = false;
      if (is_directory_next_ && first != "-") read_directory(first);
      if (const std::string name(assigned_name(first)); !name.empty()) {
        assign(name);
      } else if (program_.empty() && !has(k_before, first)) {
        read_program(first);
      } else {
        read_argument(first);
      }
      name_files();
    }
  }

 private:
  bool may_be_script(std::string_view word) const {
    return looks_like_script(word) && !has(k_other_languages, program_) &&
           !program_.starts_with("python");
  }

  void read_script() {
    Values outer = std::exchange(reader_.arguments_, {});
    for (std::size_t i = at_ + 1; i < words_.size(); ++i) {
      for (const std::string& value : words_[i].values) add_once(reader_.arguments_, value);
    }
    for (const std::string& value : words_[at_].values) reader_.read_script(value, depth_ + 1);
    reader_.arguments_ = std::move(outer);
  }

  void read_directory(std::string_view first) {
    if (first.starts_with('-')) return;  // an option of cd
    for (const std::string& value : words_[at_].values) reader_.add_directory(value);
    is_directory_next_ = false;
    is_place_ = true;
  }

  void assign(const std::string& name) {
    for (const std::string& value : words_[at_].values) {
      reader_.set(name, value.substr(value.find('=') + 1));
    }
  }

  void read_program(std::string_view first) {
    program_ = last_part_of(first);
    program_at_ = at_;
    is_own_ = first.find('/') != std::string_view::npos;
    is_directory_next_ = program_ == "cd" || program_ == "pushd";
    is_script_next_ = program_ == "eval" || program_ == "trap";
    is_shell_ = has(k_shells, program_);
    if (has(k_builders, program_)) reader_.command_.builds = true;
  }

  void read_argument(std::string_view first) {
    if (program_ == "for" && at_ > program_at_ + 2) assign_loop();
    if (program_ == "read") reader_.set(std::string(first), std::string(k_unknown_text));
    if (program_ == "set") {
      for (const std::string& value : words_[at_].values) add_once(reader_.arguments_, value);
    }
    is_shell_ = is_shell_ || has(k_shells, last_part_of(first));
    is_script_next_ = is_shell_ && is_script_option(first);
    is_directory_next_ =
        is_directory_next_ || first == "-C" || first == "chdir" || first == "--chdir";
    if (first == "--build" || first == "--build-and-test" || has(k_builders, last_part_of(first))) {
      reader_.command_.builds = true;
    }
  }

  // `for NAME in WORD…`
  void assign_loop() {
    const std::string& name = words_[program_at_ + 1].values.front();
    for (const std::string& value : words_[at_].values) reader_.set(name, value);
  }

  void name_files() {
    const Word& word = words_[at_];
    for (const std::string& value : word.values) {
      const bool is_assigned = !assigned_name(value).empty();
      const bool says_nothing = fits_all(is_assigned ? value_in(value) : value);
      if (says_nothing && (is_assigned || is_place_ || has(k_askers, program_))) continue;
      if (!is_own_ && has(k_speakers, program_) &&
          (says_nothing || value.find('/') == std::string::npos)) {
        continue;
      }
      reader_.add_word(
          {value, word.shown, is_place_ || (is_assigned && !is_argv_), reader_.is_guess_});
    }
  }

  CommandReader& reader_;
  const std::vector<Word>& words_;
  bool is_argv_;
  int depth_;
  std::size_t at_ = 0;
  std::string_view program_;
  std::size_t program_at_ = 0;
  bool is_own_ = false;    // the program is named by a path
  bool is_shell_ = false;  // a shell was among the words
  bool is_script_next_ = false;
  bool is_directory_next_ = false;
  bool is_place_ = false;
};

void ScriptReader::end_command(std::vector<Word>& words) {
  if (!words.empty()) WordsReader(reader_, words, false, depth_).read();
  words.clear();
}

CommandReader::CommandReader(std::string directory, Outer outer) : outer_(std::move(outer)) {
  command_.directories.push_back(std::move(directory));
}

void CommandReader::set(const std::string& name, std::string value) {
  Values& values = variables_[name];
  add_once(values, std::move(value));
  if (values.size() <= k_most_values && !fits_all(values.front())) return;
  values = {std::string(k_unknown_text)};
}

void CommandReader::read(const std::vector<std::string>& words) {
  const std::vector<Word> all = collected(words, [](const std::string& word) {
    return Word{{word}, word};
  });
  for (const bool only_assigns : {true, false}) {
    only_assigns_ = only_assigns;
    WordsReader(*this, all, true, 0).read();
  }
}

std::vector<std::string> CommandReader::search_path() const {
  std::vector<std::string> directories;
  const auto path = variables_.find("PATH");
  if (path == variables_.end()) return directories;
  for (const std::string_view value : path->second) {
    for (const std::string_view part : TextParts{value, ':'})
      add_once(directories, std::string(part));
  }
  return directories;
}

CommandReader::Values CommandReader::values_of(const std::string& name) const {
  if (name == "PWD") return command_.directories;
  if (const auto found = variables_.find(name); found != variables_.end()) return found->second;
  if (std::optional<std::string> value = outer_(name)) return {*std::move(value)};
  return {std::string(k_unknown_text)};
}

void CommandReader::add_directory(std::string_view path) {
  if (only_assigns_) return;
  const Values before = command_.directories;
  for (const std::string& directory : before) {
    add_once(command_.directories, joined_path(directory, path));
    if (path.starts_with('/')) break;
  }
  if (command_.directories.size() > k_most_values) {
    command_.directories.resize(k_most_values);
    add_once(command_.directories, std::string(k_unknown_text));
  }
}

void CommandReader::add_word(CommandWord word) {
  if (only_assigns_ || word.text.empty() || !known_words_.insert(word.text).second) return;
  command_.words.push_back(std::move(word));
}

void CommandReader::read_script(std::string_view text, int depth) {
  if (depth >= k_deepest) return add_word({std::string(k_unknown_text), std::string(text)});
  // Nobody knows the arguments of a function.
  const bool has_function =
      text.find("()") != std::string_view::npos || text.find("function ") != std::string_view::npos;
  if (has_function) add_once(arguments_, std::string(k_unknown_text));
  ScriptReader(*this, text, depth).read();
}

}  // namespace holdfast
