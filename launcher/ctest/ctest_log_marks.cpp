#include "ctest/ctest_log_marks.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_log_piece = 1U << 20U;
// Those who look at a place look before it, too.
constexpr std::size_t k_log_margin = 64U << 10U;

const char* first_in(std::string_view piece, std::string_view text) {
  return static_cast<const char*>(::memmem(piece.data(), piece.size(), text.data(), text.size()));
}

// Most heads and tails are shorter.
constexpr std::size_t k_usual_reach = 4096;
// How long a head may be: a command line has at most 6 MiB (execve(2)), and the log adds quotes.
constexpr std::size_t k_reach = 8U << 20U;
constexpr std::size_t k_max_name = 1U << 20U;
// ctest's reason quotes regular expressions. The test's name follows the reason twice.
constexpr std::size_t k_max_reason = 4U << 20U;
constexpr std::size_t k_max_preamble = 1024;
// What ctest says of a test that it does not start.
constexpr std::size_t k_preamble_reach = 64U << 10U;
constexpr std::size_t k_longest_path = 4096;
constexpr std::string_view k_dashes =
    "----------------------------------------------------------\n";
constexpr std::string_view k_end_of_output = "<end of output>\nTest time = ";
constexpr std::string_view k_testing = " Testing: ";
constexpr std::string_view k_test = " Test: ";
constexpr std::string_view k_command = "\nCommand: ";

// Takes the rest of the line with its newline, and returns it without. Nothing when there is no
// newline.
std::optional<std::string_view> take_line(std::string_view& text) {
  if (text.find('\n') == std::string_view::npos) return std::nullopt;
  return take_part(text, '\n');
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

// Parses `"program" "argument" …`.
LoggedCommand command_of(std::string_view text) {
  constexpr std::string_view k_between = "\" \"";
  LoggedCommand command;
  if (!take_words(text, "\"") || !text.ends_with("\"")) return command;
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
bool take_start_of_output(std::string_view& text, const std::string& name, LogHead& head) {
  const std::string start_time = "\n\"" + name + "\" start time: ";
  for (std::size_t at = text.find(start_time); at != std::string_view::npos;
       at = text.find(start_time, at + 1)) {
    std::string_view rest = text.substr(at + start_time.size());
    const std::string_view time = take_line(rest).value_or("");
    if (!take_words(rest, "Output:\n") || !take_words(rest, k_dashes)) continue;
    head.started = !is_blank(time);
    text = rest;
    return true;
  }
  return false;
}

// `7/23`, as ctest writes it.
std::string number_of(const LogHead& head) {
  return std::to_string(head.index) + "/" + std::to_string(head.total);
}

// Takes `7/23 Testing: `.
bool take_numbers(std::string_view& text, LogHead& head) {
  const std::optional<std::uint32_t> index = holdfast::take_number<std::uint32_t>(text);
  if (!index || !take_words(text, "/")) return false;
  const std::optional<std::uint32_t> total = holdfast::take_number<std::uint32_t>(text);
  if (!total || !take_words(text, k_testing)) return false;
  head.index = *index;
  head.total = *total;
  return true;
}

// `text` begins like a head. `output_begin` of the result is the length of the head.
std::optional<LogHead> parse_head(std::string_view text) {
  const std::size_t size = text.size();
  LogHead head;
  std::string_view rest = text;
  (void)take_numbers(rest, head);
  const std::string again = "\n" + number_of(head) + std::string(k_test);
  const std::size_t name_end = rest.substr(0, k_max_name).find(again);
  if (name_end == std::string_view::npos) return std::nullopt;
  head.name = rest.substr(0, name_end);
  rest.remove_prefix(name_end + again.size());
  if (!take_words(rest, head.name) || !take_words(rest, k_command)) return std::nullopt;
  const std::string_view from_command = rest;
  if (!take_start_of_output(rest, head.name, head)) return std::nullopt;
  const std::string_view middle = from_command.substr(0, from_command.size() - rest.size());
  head.command = command_of(middle.substr(0, middle.rfind("\nDirectory: ")));
  head.launched = is_launcher(head.command.program);
  head.output_begin = size - rest.size();
  return head;
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
    if (!take_line(rest) || !take_words(rest, "\"")) continue;
    const std::string_view name = rest.substr(0, rest.rfind(k_elapsed));
    if (name.size() == rest.size()) continue;
    if (block.substr(0, at).ends_with("\"" + std::string(name))) return std::string(name);
  }
  return std::nullopt;
}

// `text` is a whole tail, from its first line, without its closing line.
std::optional<LogTail> parse_tail(std::string_view text) {
  LogTail tail;
  text.remove_prefix(k_end_of_output.size());
  tail.took_no_time = take_line(text).value_or("").ends_with(" 0.00 sec");
  if (!take_words(text, k_dashes)) return std::nullopt;
  const std::string_view status = take_line(text).value_or("");
  if (status == "Test Passed." || status == "Test Pass Reason:")
    tail.result = Verdict::passed;
  else if (status != "Test Failed." && status != "Test Fail Reason:")
    return std::nullopt;
  std::optional<std::string> name = name_at_end_of(text);
  if (!name) return std::nullopt;
  tail.name = *std::move(name);
  if (status == "Test Pass Reason:" && text.starts_with("Skip regular expression found")) {
    tail.result = Verdict::skipped;
  }
  return tail;
}

// The head that begins there and ends at `end` at the latest.
std::optional<LogHead> head_at(LogText& log, std::uint64_t begin, std::uint64_t end) {
  for (std::size_t reach = k_usual_reach;; reach = std::min(reach * 64, k_reach)) {
    const std::string_view text = log.at(begin, std::min<std::uint64_t>(reach, end - begin));
    // ctest's numbers have no leading zeros, so 64 bytes are enough.
    std::string_view numbers = text.substr(0, 64);
    if (LogHead ignored; !take_numbers(numbers, ignored)) return std::nullopt;
    if (std::optional<LogHead> head = parse_head(text)) {
      head->begin = begin;
      head->output_begin += begin;
      return head;
    }
    if (text.size() < reach || reach == k_reach) return std::nullopt;
    if (!log.may_search(std::min(reach * 64, k_reach))) return std::nullopt;
  }
}

}  // namespace

LogText::LogText(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

void LogText::load(std::uint64_t begin, std::size_t length) {
  base_ = begin - std::min<std::uint64_t>(begin, k_log_margin);
  const std::uint64_t end = begin + std::max(length, k_log_piece);
  loaded_.resize(static_cast<std::size_t>(std::min(end, size_) - base_));
  std::size_t got = 0;
  while (got < loaded_.size()) {
    const ssize_t count = os::retried([&] {
      return ::pread(descriptor_, loaded_.data() + got, loaded_.size() - got,
                     static_cast<off_t>(base_ + got));
    });
    if (count < 0) read_error_ = errno;
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  if (got == loaded_.size()) return;
  // Somebody has cut the file off, or it cannot be read.
  loaded_.resize(got);
  size_ = base_ + got;
}

std::string_view LogText::at(std::uint64_t begin, std::size_t length) {
  if (begin >= size_) return {};
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - begin));
  if (begin < base_ || begin + length > base_ + loaded_.size()) load(begin, length);
  const std::string_view loaded = loaded_;
  if (begin - base_ >= loaded.size()) return {};
  return loaded.substr(static_cast<std::size_t>(begin - base_), length);
}

std::string_view LogText::before(std::uint64_t end, std::size_t length) {
  const std::uint64_t begin = end - std::min<std::uint64_t>(end, length);
  return at(begin, static_cast<std::size_t>(end - begin));
}

std::optional<std::uint64_t> LogText::find(std::string_view text, std::uint64_t begin,
                                           std::uint64_t end) {
  while (begin < end) {
    // What is in memory is searched first: a new piece for each find would cost more than the
    // search.
    const std::uint64_t in_memory = base_ + loaded_.size();
    const bool has_enough = begin >= base_ && begin + text.size() <= in_memory;
    const std::uint64_t wanted = has_enough ? in_memory - begin : k_log_piece;
    const auto length = static_cast<std::size_t>(std::min(wanted, end - begin));
    const std::string_view piece = at(begin, length);
    if (piece.size() < text.size()) return std::nullopt;
    if (const char* const found = first_in(piece, text)) {
      return begin + static_cast<std::uint64_t>(found - piece.data());
    }
    if (piece.size() < length) return std::nullopt;
    begin += piece.size() - text.size() + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> LogText::find_last(std::string_view text, std::uint64_t begin,
                                                std::uint64_t end) {
  while (end > begin) {
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(k_log_piece, end - begin));
    const std::string_view piece = before(end, length);
    if (piece.size() < text.size()) return std::nullopt;
    // To look for each one is faster than to look from the end: memmem(3) compares no byte twice.
    std::optional<std::uint64_t> last;
    for (std::string_view rest = piece; const char* found = first_in(rest, text);) {
      last = end - piece.size() + static_cast<std::uint64_t>(found - piece.data());
      rest = piece.substr(static_cast<std::size_t>(found - piece.data()) + 1);
    }
    if (last) return last;
    end -= piece.size() - text.size() + 1;
  }
  return std::nullopt;
}

std::optional<LogHead> head_around(LogText& log, std::uint64_t mark, std::string_view word,
                                   std::uint64_t end) {
  // The launcher as the first word of a command, and a blank.
  const std::string_view program = log.before(mark, 24);
  if (!program.ends_with("\" ") || !is_launcher(program.substr(0, program.size() - 2)))
    return std::nullopt;
  constexpr std::size_t k_longest_place = 3 * k_longest_path;  // each byte encoded
  std::string_view told = log.at(mark + word.size(), k_longest_place);
  const std::string place(told.substr(0, told.find('=')));
  const std::uint64_t from = mark - std::min<std::uint64_t>(mark, k_longest_path + 64);
  const std::optional<std::uint64_t> command =
      log.find_last(std::string(k_command) + "\"", from, mark);
  if (!command) return std::nullopt;
  // The name may hold the same words, and be long.
  constexpr int k_most_tries = 16;
  std::uint64_t behind = *command;
  for (int tries = 0; tries < k_most_tries; ++tries) {
    std::optional<std::uint64_t> testing;
    for (const std::size_t reach : {k_usual_reach, 2 * k_max_name + k_usual_reach}) {
      if (testing || (reach > k_usual_reach && !log.may_search(reach))) break;
      const std::uint64_t lowest = *command - std::min<std::uint64_t>(*command, reach);
      if (lowest < behind) testing = log.find_last(k_testing, lowest, behind);
    }
    if (!testing) return std::nullopt;
    behind = *testing;
    const std::string_view line = log.before(*testing, 64);
    const std::size_t newline = line.rfind('\n');
    const std::uint64_t begin = *testing - (line.size() - (newline + 1));
    std::optional<LogHead> head = head_at(log, begin, end);
    if (!head) continue;
    const std::size_t number = number_of(*head).size();
    const std::uint64_t end_of_names = begin + number + k_testing.size() + head->name.size() + 1 +
                                       number + k_test.size() + head->name.size();
    const std::string second = std::string(word) + place + "=" + head->name + "\"";
    if (end_of_names != *command || !log.has(second, mark)) continue;
    head->place = parse_test_place(place);
    return head;
  }
  return std::nullopt;
}

std::optional<LogHead> head_after(LogText& log, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t last = std::min<std::uint64_t>(end, begin + k_preamble_reach);
  for (std::uint64_t at = begin; at < last;) {
    if (at > begin && !log.may_search(64)) break;
    if (std::optional<LogHead> head = head_at(log, at, end)) return head;
    const std::optional<std::uint64_t> newline = log.find("\n", at, last);
    if (!newline) break;
    at = *newline + 1;
  }
  return std::nullopt;
}

std::optional<LogTail> tail_before(LogText& log, std::uint64_t end) {
  for (std::size_t reach = k_usual_reach;; reach = std::min(reach * 64, k_max_reason)) {
    std::string_view text = log.before(end, reach);
    if (!text.ends_with(k_end_of_tail)) return std::nullopt;
    const bool is_longest = text.size() < reach || reach == k_max_reason;
    text.remove_suffix(k_end_of_tail.size());
    const std::size_t begin = text.rfind(k_end_of_output);
    if (begin != std::string_view::npos) {
      std::optional<LogTail> tail = parse_tail(text.substr(begin));
      if (!tail) return std::nullopt;
      tail->end = end;
      tail->begin = end - k_end_of_tail.size() - (text.size() - begin);
      return tail;
    }
    if (is_longest || !log.may_search(std::min(reach * 64, k_max_reason))) return std::nullopt;
  }
}

std::string line_in_tail(std::string_view name) {
  return "\n\"" + std::string(name) + "\" time elapsed: ";
}

std::optional<std::uint64_t> closing_line(LogText& log) {
  constexpr std::size_t k_longest_line = 512;  // about 30 bytes, in whatever language the time is
  constexpr std::size_t k_longest_summary = 4U << 20U;
  constexpr std::string_view k_end_of_summary = " sec*proc\n\n";
  const std::uint64_t size = log.size();
  const bool has_summary = log.before(size, k_end_of_summary.size()) == k_end_of_summary;
  const std::size_t reach = has_summary ? k_longest_summary : k_longest_line;
  const std::uint64_t lowest = size - std::min<std::uint64_t>(size, reach);
  const std::optional<std::uint64_t> before = log.find_last("\nEnd testing: ", lowest, size);
  if (!before) return std::nullopt;
  const std::uint64_t line = *before + 1;
  const std::optional<std::uint64_t> newline = log.find("\n", line, size);
  if (!newline) return std::nullopt;
  // `\n<label> = 0.30 sec*proc\n` for each label, and one more newline.
  if (*newline + 1 < size && !(has_summary && log.has("\n", *newline + 1))) return std::nullopt;
  if (log.before(line, k_end_of_tail.size()) == k_end_of_tail) return line;
  if (line > k_longest_line) return std::nullopt;
  const std::string_view first = log.at(0, static_cast<std::size_t>(line));
  const bool is_third = first.starts_with("Start testing: ") &&
                        std::count(first.begin(), first.end(), '\n') == 2 &&
                        first.ends_with(k_end_of_tail.substr(0, k_end_of_tail.size() - 1));
  return is_third ? std::optional(line) : std::nullopt;
}

void add_preamble(LogText& log, std::uint64_t begin, LogHead& head) {
  const std::uint64_t length = head.begin - begin;
  std::string_view text =
      log.at(begin, static_cast<std::size_t>(std::min<std::uint64_t>(length, k_max_preamble)));
  // The first two lines of the log ("Start testing: …" and dashes) belong to no entry.
  if (begin == 0) {
    take_line(text);
    take_line(text);
  }
  text = text.substr(0, text.find_last_not_of("\n ") + 1);
  head.preamble = text;
  head.explained = !text.empty();
}

}  // namespace holdfast
