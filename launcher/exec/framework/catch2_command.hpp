// Sorts the words of a Catch2 program's command line by what they are for. An option that Catch2
// does not know is the program's own. It stays, and so does the next word, which may be its value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/framework/catch2_list.hpp"
#include "os/process/spawn.hpp"

namespace holdfast::exec {

enum class Catch2Word : std::uint8_t {
  other,
  selection,  // names, tags, files of names
  reporter,   // --reporter
  output,     // --out, --verbosity: where the reporter writes, and how much
  shard,      // --shard-count, --shard-index
  warning,    // --warn
  ending,     // --abort, --abortx: the run ends after that many failures
  question,   // --list-tests, --help and the like: the program runs no case
};

class Catch2Command {
 public:
  // The words and variables of `given` must outlive this object.
  explicit Catch2Command(const os::Command& given);

  bool has(Catch2Word kind) const;
  // Returns the arguments, without words of these kinds.
  std::vector<char*> without(std::initializer_list<Catch2Word> kinds) const;
  const os::Command& command() const { return command_; }
  // Returns the shard. A shard that makes no sense is left out, because Catch2 itself refuses it.
  const Catch2Shard& shard() const { return shard_; }

 private:
  struct Word {
    char* text;
    Catch2Word kind;
  };

  void note_shard(std::string_view option, std::string_view value);

  os::Command command_;
  std::vector<Word> words_;
  Catch2Shard shard_;
};

}  // namespace holdfast::exec
