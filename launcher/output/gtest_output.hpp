// Reads what a GoogleTest program prints: where each case begins and ends. Pure: takes any bytes,
// in pieces of any size, and gives events.
//
// Cases print what they like: text without a line break before a line of GoogleTest's, lines that
// look like GoogleTest's, the output of other GoogleTest programs. So these rules hold:
// - A begin counts only while no case is open, and an end only for the open case.
// - If the same case begins again inside itself (a test starts its own program), the inner one must
//   end first.
// - If an end comes twice, with no other line of GoogleTest's between, the second one is true: the
//   case printed the first.
// - GoogleTest prints a line in pieces, and a thread may print lines in between. The pieces count
//   as one line if they are sure to belong together. If a piece of an end is missing, the end is
//   told only when the program says that all its cases have run.
// A limit: if a thread prints right after the name in the line of a beginning, the name is read
// with what the thread printed, unless the program runs one case.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "values/case_result.hpp"

namespace holdfast {

struct GtestEvent {
  enum class Kind : std::uint8_t {
    running,   // "[==========] Running 3 tests …": `count` of them
    began,     // `offset` is where the line begins
    ended,     // with `end`; `offset` is after the line
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

  // `only`: the single case that the program runs, even if a line seems to name another case.
  // Empty: the program runs any cases.
  explicit GtestOutput(std::string only = {});

  // Tells the events of the lines that end in these bytes.
  void read(std::string_view bytes, const Tell& tell);

  // The case that has begun and not ended; empty: none.
  const std::string& open_case() const { return open_; }
  // Whether the last line that is not empty ends GoogleTest's help. A program that does not know a
  // flag prints its help and runs nothing.
  bool ends_with_help() const { return ends_with_help_; }
  std::uint64_t size() const { return size_; }

 private:
  class Tags;

  void read_line(std::string_view line, const Tell& tell);
  bool read_end(const Tags& tags, const std::string& name, const Tell& tell);
  void read_rest(std::string_view line, const Tell& tell);
  bool read_untold(const Tags& tags, const Tell& tell);
  bool read_begin(std::string_view line, const Tags& tags, const Tell& tell);
  bool read_whole(std::string_view text, const Tell& tell);
  void begin(std::string_view name, std::uint64_t offset, const Tell& tell);
  void end_one(CaseEnd end, const Tell& tell);
  void forget_pieces();
  void end_open(CaseEnd end, const Tell& tell);

  // `name`: of the open or the closed case. Returns the part of it that GoogleTest's lines show.
  std::string_view shown(const std::string& name) const;

  std::string only_;
  std::string only_shown_;
  std::string line_;  // the line that has not ended yet; of a very long one, the last part
  std::uint64_t line_start_ = 0;  // where line_ begins
  std::uint64_t size_ = 0;
  bool ends_with_help_ = false;
  std::string open_;
  std::string closed_;   // the case that ended last, until the next line of GoogleTest's
  unsigned nested_ = 0;  // how often the open case was begun inside of itself
  // A line with the open case's name and foreign text says that the case has ended.
  std::optional<CaseEnd> torn_;
  // The same in two lines: the one that says so, and one that begins with the case's name.
  std::optional<CaseEnd> half_;
  // A line says that a case has ended, but foreign text came before the case's name.
  std::optional<CaseEnd> cut_;
  // Where a line says that a case begins, but foreign text came before the case's name.
  std::optional<std::uint64_t> cut_begin_;
  // Foreign text came after the last "[==========] ".
  bool is_whole_cut_ = false;
};

// Whether the line begins as one of GoogleTest's own: "[ RUN      ] ", "[----------] " …
bool is_googletest_line(std::string_view line);

// The text without the escape sequences of colours.
std::string without_colours(std::string_view text);

}  // namespace holdfast
