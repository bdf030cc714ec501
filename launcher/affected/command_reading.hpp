// Reads a command as a shell would, as far as that tells which files it names.
//
// This is no shell: it does not know which branch is taken or in which order things happen. It
// collects the directories to which the command may change, and the values that a variable may
// have. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace holdfast {

// A word of a command, as the program gets it. It may be a pattern (file_glob.hpp).
struct CommandWord {
  std::string text;
  std::string shown;  // as it is written
  // The command only goes to this directory, or has a variable for it.
  bool is_place = false;
  bool is_guess = false;  // it is of an argument that only looks like a script
};

struct ReadCommand {
  // Where relative paths may begin: the working directory, and those to which the command may
  // change. Absolute paths or patterns, each once.
  std::vector<std::string> directories = {};
  std::vector<CommandWord> words = {};
  // It starts a build of its own (docs/reference/affected.md has the list).
  bool builds = false;
};

class CommandReader {
 public:
  // Returns the value of a variable that the test does not set.
  using Outer = std::function<std::optional<std::string>(const std::string&)>;

  // `directory` is absolute: the command runs there.
  CommandReader(std::string directory, Outer outer);

  // What the environment of the test says. A name may come several times.
  void set(const std::string& name, std::string value);
  // What a shell gets after `-c` is read as a script, and so is any other argument that looks like
  // one.
  void read(const std::vector<std::string>& words);

  // What PATH may be, of what the test sets.
  std::vector<std::string> search_path() const;
  ReadCommand take() && { return std::move(command_); }

 private:
  friend class ScriptReader;
  friend class WordsReader;

  using Values = std::vector<std::string>;
  // A word of which a script does not tell which of these values it has.
  struct Word {
    Values values = {};  // at least one
    std::string shown = {};
  };

  Values values_of(const std::string& name) const;
  void add_directory(std::string_view path);
  void add_word(CommandWord word);
  void read_script(std::string_view text, int depth);

  Outer outer_;
  std::map<std::string, Values, std::less<>> variables_;
  Values arguments_;  // of the script that is read: what $1, $2 and so on may be
  // A script is read twice, because a loop may use a variable before it assigns to it. The first
  // time, only assignments count.
  bool only_assigns_ = false;
  bool is_guess_ = false;
  std::unordered_set<std::string> known_words_;
  ReadCommand command_;
};

}  // namespace holdfast
