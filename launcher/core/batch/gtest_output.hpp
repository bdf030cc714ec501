// Reads what a GoogleTest program prints: where each case begins and ends. Pure: bytes in any
// pieces, events out, any bytes at all.
//
// Cases print what they like: text without a line break before the line of GoogleTest's own, lines
// that look like it, the output of other GoogleTest programs. So a begin counts only while no case
// is open, an end only for the open one, and the same case begun again inside of itself (a program
// that a test starts) must end before it does. An end that is told once more, before anything else
// of GoogleTest's, is the true one: what the case printed came first. GoogleTest prints the line of
// an end in three pieces, and what a thread prints may stand in it: such an end is told when the
// program says that it is through.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/batch/case_result.hpp"

namespace holdfast {

struct GtestEvent {
  enum class Kind : std::uint8_t {
    running,   // "[==========] Running 3 tests …": `count` of them
    began,     // `offset` is where the line begins
    ended,     // with `end`; `offset` is behind the line
    finished,  // "[==========] 3 tests … ran."
  };
  Kind kind = Kind::running;
  std::string_view name;  // of the case; need not outlive the call
  CaseEnd end = CaseEnd::passed;
  std::uint64_t offset = 0;  // in all that was read
  std::uint64_t count = 0;
};

class GtestOutput {
 public:
  using Tell = std::function<void(const GtestEvent&)>;

  // `only`: the program has this case and no other, whatever looks like one; empty: any.
  explicit GtestOutput(std::string only = {});

  // Tells the events of the lines that end in these bytes.
  void read(std::string_view bytes, const Tell& tell);

  // The case that has begun and not ended; empty: none.
  const std::string& open_case() const { return open_; }
  // Whether the last line that is not empty is that of GoogleTest's help: nothing came of a flag
  // that it does not know.
  bool ends_with_help() const { return ends_with_help_; }
  std::uint64_t size() const { return size_; }

 private:
  class Tags;

  void read_line(std::string_view line, const Tell& tell);
  bool read_end(const Tags& tags, const std::string& name, const Tell& tell);
  bool read_begin(std::string_view line, const Tags& tags, const Tell& tell);
  void read_whole(std::string_view text, const Tell& tell);
  bool has_name_of_open(std::string_view line) const;
  void end_open(CaseEnd end, const Tell& tell);

  // Of the open or closed case: what GoogleTest's lines show of its name.
  std::string_view shown(const std::string& name) const;

  std::string only_;
  std::string only_shown_;
  std::string line_;              // not ended yet; of a very long one the last part
  std::uint64_t line_start_ = 0;  // where line_ begins
  std::uint64_t size_ = 0;
  bool ends_with_help_ = false;
  std::string open_;
  std::string closed_;   // the case that has ended last, until the next line of GoogleTest's
  unsigned nested_ = 0;  // how often the open case was begun inside of itself
  // Its end, with something else in the line; of `cut_` the name is still to come.
  std::optional<CaseEnd> torn_;
  std::optional<CaseEnd> cut_;
};

// Without the escape sequences of colours.
std::string without_colours(std::string_view text);

}  // namespace holdfast
