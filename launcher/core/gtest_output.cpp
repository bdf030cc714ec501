#include "core/gtest_output.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/gtest_list.hpp"

namespace holdfast {
namespace {

// GoogleTest's own lines are shorter, but for the values of parameters, of which none is needed.
constexpr std::size_t k_longest_line = 16 * 1024;
constexpr std::size_t k_kept_of_longer = 4 * 1024;

constexpr std::string_view k_run = "[ RUN      ] ";
constexpr std::string_view k_whole = "[==========] ";
constexpr std::string_view k_part = "[----------] ";

struct EndTag {
  std::string_view tag;
  CaseEnd end;
};
constexpr EndTag k_end_tags[] = {{"[       OK ] ", CaseEnd::passed},
                                 {"[  FAILED  ] ", CaseEnd::failed},
                                 {"[  SKIPPED ] ", CaseEnd::skipped}};

bool begins_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

constexpr std::size_t k_tag_size = k_run.size();
static_assert(k_whole.size() == k_tag_size && k_part.size() == k_tag_size);

// Where the tag stands last, as rfind() of it, by the bracket that ends each: a line has few.
std::size_t last_tag(std::string_view line, std::string_view tag) {
  std::size_t last = std::string_view::npos;
  std::size_t bracket = line.find(']');
  for (; bracket != std::string_view::npos; bracket = line.find(']', bracket + 1)) {
    if (bracket + 2 < k_tag_size) continue;
    const std::size_t at = bracket + 2 - k_tag_size;
    if (line.substr(at, k_tag_size) == tag) last = at;
  }
  return last;
}

// `Suite.Name` and nothing else.
bool is_case_name(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == text.size()) return false;
  return is_suite_name(text);
}

// Whether `text` is the case's name, alone or with what GoogleTest may print behind it.
bool names_case(std::string_view text, std::string_view name) {
  if (!begins_with(text, name)) return false;
  text.remove_prefix(name.size());
  return text.empty() || begins_with(text, " (") || begins_with(text, ", where ");
}

std::optional<std::uint64_t> number_at_start(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

std::string without_colours(std::string_view text) {
  if (text.find('\x1b') == std::string_view::npos) return std::string(text);
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b' || i + 1 >= text.size() || text[i + 1] != '[') {
      plain += text[i];
      continue;
    }
    const std::size_t end = text.find_first_not_of("0123456789;", i + 2);
    if (end == std::string_view::npos) break;
    i = end;  // the letter that ends the sequence
  }
  return plain;
}

std::vector<GtestEvent> GtestOutput::read(std::string_view bytes) {
  std::vector<GtestEvent> events;
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const std::string_view part = bytes.substr(0, std::min(taken, newline));
    const bool is_whole = newline != std::string_view::npos && line_.empty();
    if (!is_whole) line_ += part;
    size_ += taken;
    bytes.remove_prefix(taken);
    if (newline != std::string_view::npos) {
      read_line(is_whole ? part : line_, events);
      line_.clear();
      line_start_ = size_;
    } else if (line_.size() > k_longest_line) {
      const std::size_t gone = line_.size() - k_kept_of_longer;
      line_.erase(0, gone);
      line_start_ += gone;
    }
  }
  return events;
}

void GtestOutput::read_line(std::string_view line, std::vector<GtestEvent>& events) {
  // Each of GoogleTest's has a bracket; most lines have none.
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
  if (line.find("] ") == std::string_view::npos) return;
  const std::string& name = open_.empty() ? closed_ : open_;
  if (!name.empty() && read_end(line, name, events)) return;
  if (read_begin(line, events)) return;
  if (open_.empty() && (last_tag(line, k_whole) != std::string_view::npos ||
                        last_tag(line, k_part) != std::string_view::npos)) {
    closed_.clear();
  }
  if (open_.empty()) read_whole(line, events);
}

bool GtestOutput::read_end(std::string_view line, const std::string& name,
                           std::vector<GtestEvent>& events) {
  for (const EndTag& one : k_end_tags) {
    // The last one in the line: what the case has printed stands before it.
    const std::size_t at = last_tag(line, one.tag);
    if (at == std::string_view::npos) continue;
    if (!names_case(without_colours(line.substr(at + one.tag.size())), name)) continue;
    if (nested_ > 0) {
      --nested_;
      return true;
    }
    events.push_back({GtestEvent::Kind::ended, name, one.end, size_, 0});
    if (!open_.empty()) closed_ = std::exchange(open_, std::string());
    return true;
  }
  return false;
}

bool GtestOutput::read_begin(std::string_view line, std::vector<GtestEvent>& events) {
  const std::size_t at = last_tag(line, k_run);
  if (at == std::string_view::npos) return false;
  std::string name = without_colours(line.substr(at + k_run.size()));
  if (!is_case_name(name)) return false;
  if (!open_.empty()) {
    if (name == open_) ++nested_;
    return true;
  }
  std::size_t start = at;
  // The colour that it is printed in is part of it.
  if (const std::size_t escape = line.rfind('\x1b', at);
      escape != std::string_view::npos &&
      without_colours(line.substr(escape, at - escape)).empty()) {
    start = escape;
  }
  open_ = name;
  closed_.clear();
  nested_ = 0;
  events.push_back(
      {GtestEvent::Kind::began, std::move(name), CaseEnd::passed, line_start_ + start, 0});
  return true;
}

void GtestOutput::read_whole(std::string_view line, std::vector<GtestEvent>& events) {
  constexpr std::string_view k_running = "Running ";
  const std::size_t at = last_tag(line, k_whole);
  if (at == std::string_view::npos) return;
  const std::string plain = without_colours(line.substr(at + k_whole.size()));
  std::string_view rest = plain;
  GtestEvent event;
  event.offset = size_;
  if (begins_with(rest, k_running)) {
    rest.remove_prefix(k_running.size());
  } else if (rest.find(" ran.") != std::string_view::npos) {
    event.kind = GtestEvent::Kind::finished;
  } else {
    return;
  }
  const std::optional<std::uint64_t> count = number_at_start(rest);
  if (!count || rest.find(" test") == std::string_view::npos) return;
  event.count = *count;
  events.push_back(std::move(event));
}

}  // namespace holdfast
