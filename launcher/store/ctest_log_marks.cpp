#include "store/ctest_log_marks.hpp"

#include <algorithm>
#include <cstdint>
#include <istream>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

// How much is read at once; nearly every mark is shorter. A piece is small, because the first use
// of memory costs as much as reading.
constexpr std::size_t k_piece = 64U << 10U;
// How long a mark may be: a command line has at most 6 MiB (execve(2)), and the log adds quotes.
constexpr std::size_t k_reach = 8U << 20U;
constexpr std::size_t k_max_name = 1U << 20U;
// ctest's reason quotes regular expressions. The test's name follows the reason twice.
constexpr std::size_t k_max_reason = 4U << 20U;
constexpr std::size_t k_max_preamble = 1024;
constexpr std::string_view k_dashes = "----------------------------------------------------------";
constexpr std::string_view k_end_of_output = "<end of output>\nTest time = ";
constexpr std::string_view k_testing = " Testing: ";
// Enough bytes for k_end_of_output, or for two numbers and k_testing.
constexpr std::size_t k_beginning = 64;

// Each text that begins like a mark and is none costs a search. A test that prints hundreds of
// thousands of such texts must not hold up the end of a run. So after enough vain searches only
// short marks are recognised.
class Patience {
 public:
  std::size_t reach() const { return wasted_ < k_enough ? k_reach : k_short_reach; }
  void waste(std::string_view searched) { wasted_ += searched.size(); }

 private:
  static constexpr std::size_t k_enough = 256U << 20U;
  static constexpr std::size_t k_short_reach = 2048;
  std::size_t wasted_ = 0;
};

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// Takes the rest of the line with its newline, and returns it without. Nothing when there is no
// newline.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  if (newline == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline + 1);
  return line;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

// Parses `"program" "argument" …`.
LoggedCommand command_of(std::string_view text) {
  constexpr std::string_view k_between = "\" \"";
  LoggedCommand command;
  if (!take(text, "\"") || !text.ends_with("\"")) return command;
  text.remove_suffix(1);
  command.program = text.substr(0, text.find(k_between));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(k_between), text.size());
    command.longest = std::max(command.longest, end);
    text.remove_prefix(std::min(end + k_between.size(), text.size()));
  }
  return command;
}

// Whether `program` is holdfast-launcher or holdfast-exec.
bool is_launcher(std::string_view program) {
  return program.ends_with("/holdfast-launcher") || program.ends_with("/holdfast-exec");
}

// Takes the text from `"name" start time:` to the output. An argument of the command may look like
// that line, so each place with such a line is tried.
bool take_start_of_output(std::string_view& text, const std::string& name, LogMark& mark,
                          Patience& patience) {
  const std::string start_time = "\n\"" + name + "\" start time: ";
  for (std::size_t at = text.find(start_time); at != std::string_view::npos;
       at = text.find(start_time, at + 1)) {
    std::string_view rest = text.substr(at + start_time.size());
    const std::optional<std::string_view> time = take_line(rest);
    if (!time || !take(rest, "Output:\n") || !take(rest, k_dashes) || !take(rest, "\n")) continue;
    mark.started = !is_blank(*time);
    text = rest;
    return true;
  }
  patience.waste(text);
  return false;
}

// `run_total`: how many tests the run has. An entry with another total is a nested run's.
using Total = std::optional<std::uint32_t>;

std::optional<LogMark> entry_at(std::string_view text, std::uint64_t offset, Total run_total,
                                Patience& patience) {
  const std::size_t size = text.size();
  LogMark mark;
  std::string_view rest = text;
  const std::optional<std::uint32_t> index = take_number<std::uint32_t>(rest);
  if (!index || !take(rest, "/")) return std::nullopt;
  const std::optional<std::uint32_t> total = take_number<std::uint32_t>(rest);
  if (!total || !take(rest, k_testing)) return std::nullopt;
  // Before any search: a test may print many such lines.
  if (run_total && *total != *run_total) return std::nullopt;
  const std::string again =
      "\n" + std::to_string(*index) + "/" + std::to_string(*total) + " Test: ";
  const std::string_view line = rest.substr(0, k_max_name);
  const std::size_t name_end = line.find(again);
  if (name_end == std::string_view::npos) {
    patience.waste(line);
    return std::nullopt;
  }
  mark.name = rest.substr(0, name_end);
  rest.remove_prefix(name_end + again.size());
  if (!take(rest, mark.name) || !take(rest, "\nCommand: ")) {
    patience.waste(line.substr(0, name_end));
    return std::nullopt;
  }
  const std::string_view from_command = rest;
  if (!take_start_of_output(rest, mark.name, mark, patience)) return std::nullopt;
  const std::string_view header = from_command.substr(0, from_command.size() - rest.size());
  mark.command = command_of(header.substr(0, header.rfind("\nDirectory: ")));
  mark.launched = is_launcher(mark.command.program);
  mark.kind = LogMark::Kind::entry;
  mark.index = *index;
  mark.total = *total;
  mark.begin = offset;
  mark.end = offset + (size - rest.size());
  return mark;
}

// `block` has ctest's reason, and then `"name" end time: T\n"name" time elapsed: H`. Returns the
// name. The name itself may hold any of these words, so it counts only if it stands there twice.
std::optional<std::string> name_at_end_of(std::string_view block) {
  constexpr int k_most_tries = 100;  // a test may print these words more often
  constexpr std::string_view k_end_time = "\" end time: ";
  constexpr std::string_view k_elapsed = "\" time elapsed: ";
  int tries = 0;
  for (std::size_t at = block.rfind(k_end_time);
       at != std::string_view::npos && at > 0 && tries < k_most_tries;
       at = block.rfind(k_end_time, at - 1), ++tries) {
    std::string_view rest = block.substr(at + k_end_time.size());
    if (!take_line(rest) || !take(rest, "\"")) continue;
    const std::string_view name = rest.substr(0, rest.rfind(k_elapsed));
    if (name.size() == rest.size()) continue;
    if (block.substr(0, at).ends_with("\"" + std::string(name))) return std::string(name);
  }
  return std::nullopt;
}

std::optional<LogMark> end_at(std::string_view text, std::uint64_t offset, Patience& patience) {
  const std::size_t size = text.size();
  LogMark mark;
  mark.kind = LogMark::Kind::end;
  if (!take(text, k_end_of_output)) return std::nullopt;
  const std::optional<std::string_view> time = take_line(text);
  if (!time || !take(text, k_dashes) || !take(text, "\n")) return std::nullopt;
  mark.took_no_time = time->ends_with(" 0.00 sec");
  const std::optional<std::string_view> status = take_line(text);
  if (!status) return std::nullopt;
  if (*status == "Test Passed." || *status == "Test Pass Reason:")
    mark.result = LoggedResult::passed;
  else if (*status != "Test Failed." && *status != "Test Fail Reason:")
    return std::nullopt;

  const std::string closing = "\n" + std::string(k_dashes) + "\n\n";
  const std::string_view ahead = text.substr(0, k_max_reason);
  const std::size_t close = ahead.find(closing);
  const std::string_view block = ahead.substr(0, close);
  std::optional<std::string> name;
  if (close != std::string_view::npos) name = name_at_end_of(block);
  if (!name) {
    patience.waste(block);
    return std::nullopt;
  }
  mark.name = *std::move(name);
  if (*status == "Test Pass Reason:" && block.starts_with("Skip regular expression found")) {
    mark.result = LoggedResult::skipped;
  }
  text.remove_prefix(close + closing.size());
  mark.begin = offset;
  mark.end = offset + (size - text.size());
  return mark;
}

// The part of the log that is in memory, from the current place on.
class Window {
 public:
  explicit Window(std::istream& log) : log_(log) {}

  // At least `bytes` bytes from the current place on, unless the log ends earlier. The view is
  // valid until the next call.
  std::string_view ahead(std::size_t bytes) {
    while (buffer_.size() - position_ < bytes && log_.good()) fill();
    return std::string_view(buffer_).substr(position_);
  }
  std::uint64_t offset() const { return base_ + position_; }
  bool at_end() { return ahead(1).empty(); }

  // The caller must have seen that many bytes ahead.
  void advance(std::size_t bytes) { position_ += bytes; }

  // Goes to the beginning of the next line, however far that is.
  void next_line() {
    while (!at_end()) {
      const std::string_view text = ahead(1);
      const std::size_t newline = text.find('\n');
      if (newline != std::string_view::npos) return advance(newline + 1);
      advance(text.size());
    }
  }

 private:
  void fill() {
    // The erase moves at most as many bytes as were passed, plus one piece.
    if (position_ + k_piece >= buffer_.size() - position_) {
      buffer_.erase(0, position_);
      base_ += position_;
      position_ = 0;
    }
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + k_piece);
    log_.read(buffer_.data() + kept, static_cast<std::streamsize>(k_piece));
    buffer_.resize(kept + static_cast<std::size_t>(log_.gcount()));
  }

  std::istream& log_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::uint64_t base_ = 0;
};

// k_beginning bytes of the line are enough, because ctest's numbers have no leading zeros.
bool begins_like_mark(std::string_view line) {
  return line.starts_with(k_end_of_output) ||
         (take_number<std::uint32_t>(line) && take(line, "/") && take_number<std::uint32_t>(line) &&
          take(line, k_testing));
}

std::optional<LogMark> mark_in(std::string_view text, std::uint64_t offset, Total run_total,
                               Patience& patience) {
  return text.front() == '<' ? end_at(text, offset, patience)
                             : entry_at(text, offset, run_total, patience);
}

// Most marks fit into a piece. More of the log is read only for what begins like a mark.
std::optional<LogMark> mark_at(Window& window, Total run_total, Patience& patience) {
  if (!begins_like_mark(window.ahead(k_beginning))) return std::nullopt;
  std::size_t reach = std::min(k_piece, patience.reach());
  while (true) {
    const std::string_view text = window.ahead(reach).substr(0, reach);
    const Patience before = patience;
    std::optional<LogMark> mark = mark_in(text, window.offset(), run_total, patience);
    if (mark || text.size() < reach || reach >= before.reach()) return mark;
    patience = before;  // the next round searches and counts the same bytes again
    reach = patience.reach();
  }
}

std::string preamble_before(std::string_view text) {
  // The first two lines of the log ("Start testing: …" and dashes) belong to no entry.
  if (text.starts_with("Start testing: ")) {
    take_line(text);
    take_line(text);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::vector<LogMark> scan_marks(std::istream& log) {
  std::vector<LogMark> marks;
  Window window(log);
  Patience patience;
  Total total;
  std::string between;  // what was passed over since the last mark, while it is short
  while (!window.at_end()) {
    std::optional<LogMark> mark = mark_at(window, total, patience);
    const bool is_entry = mark && mark->kind == LogMark::Kind::entry;
    if (is_entry && !total) total = mark->total;
    if (!mark) {
      if (between.size() <= k_max_preamble) {
        const std::string_view text = window.ahead(k_max_preamble);
        between += text.substr(0, std::min(text.find('\n'), k_max_preamble));
        between += '\n';
      }
      window.next_line();
      continue;
    }
    if (is_entry) {
      mark->explained = between.size() > k_max_preamble || !preamble_before(between).empty();
      mark->preamble = preamble_before(std::string_view(between).substr(0, k_max_preamble));
    }
    between.clear();
    window.advance(static_cast<std::size_t>(mark->end - mark->begin));
    marks.push_back(*std::move(mark));
  }
  return marks;
}

}  // namespace holdfast
