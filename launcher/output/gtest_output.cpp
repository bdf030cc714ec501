#include "output/gtest_output.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

// GoogleTest's own lines are shorter, unless they show values of parameters, which we do not need.
constexpr std::size_t k_longest_unfinished = 64 * 1024;
constexpr std::size_t k_kept_of_longer = 4 * 1024;

constexpr std::string_view k_end_of_help = "<googletestframework@googlegroups.com>.";

enum Tag : std::uint8_t { k_passed, k_failed, k_skipped, k_run, k_whole_test, k_part, k_tag_count };
constexpr std::string_view k_tags[k_tag_count] = {"[       OK ] ", "[  FAILED  ] ",
                                                  "[  SKIPPED ] ", "[ RUN      ] ",
                                                  "[==========] ", "[----------] "};
constexpr std::size_t k_tag_size = 13;
static_assert(std::all_of(std::begin(k_tags), std::end(k_tags),
                          [](std::string_view tag) { return tag.size() == k_tag_size; }));

constexpr std::pair<Tag, CaseEnd> k_end_tags[] = {
    {k_passed, CaseEnd::passed}, {k_failed, CaseEnd::failed}, {k_skipped, CaseEnd::skipped}};

// `Suite.Name`. RegisterTest() takes any characters, and either part may be empty.
bool is_case_name(std::string_view text) {
  return text.find('.') != std::string_view::npos && text.find('\0') == std::string_view::npos;
}

// The part of a name that a line of GoogleTest's shows: the first line of the name.
std::string shown_of(std::string_view name) {
  std::string_view line = name.substr(0, name.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return without_colours(line);
}

// Whether `text` is the case's name, alone or with what GoogleTest may print after it.
bool names_case(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  return text.empty() || text.starts_with(" (") || text.starts_with(", where ");
}

// Whether `text` ends as the line for the end of a case does: "(0 ms)". Both a whole line and the
// last piece of a torn line end so.
bool ends_as_an_end(std::string_view text) { return text.ends_with(" ms)"); }

// Whether `text` is what GoogleTest prints after the name of a case that has ended.
bool is_last_piece(std::string_view text) {
  return ends_as_an_end(text) && (text.starts_with(" (") || text.starts_with(", where "));
}

// The name in the rest of a line that ends a case; empty: it is no such line.
std::string_view name_in_end(std::string_view text) {
  if (!ends_as_an_end(text)) return {};
  std::size_t end = text.rfind(" (");
  if (const std::size_t where = text.find(", where "); where != std::string_view::npos) {
    end = std::min(end, where);
  }
  const std::string_view name = text.substr(0, end);
  return is_case_name(name) ? name : std::string_view();
}

bool is_end_of_help(std::string_view line) {
  const std::string_view beginning = k_end_of_help.substr(0, k_end_of_help.find('@'));
  return line.find(beginning) != std::string_view::npos && without_colours(line) == k_end_of_help;
}

}  // namespace

// Finds the last place of each tag, by closing brackets, because a line has few of them.
class GtestOutput::Tags {
 public:
  explicit Tags(std::string_view line) : line_(line) {
    std::fill(std::begin(last_), std::end(last_), std::string_view::npos);
    std::size_t bracket = line.find(']');
    for (; bracket != std::string_view::npos; bracket = line.find(']', bracket + 1)) {
      if (bracket + 2 >= k_tag_size) look_at(bracket + 2 - k_tag_size);
    }
  }

  bool any() const { return any_; }
  bool has(Tag tag) const { return last_[tag] != std::string_view::npos; }
  std::size_t at(Tag tag) const { return last_[tag]; }
  // The text after the tag.
  std::string_view behind(Tag tag) const { return line_.substr(last_[tag] + k_tag_size); }

 private:
  void look_at(std::size_t at) {
    const std::string_view text = line_.substr(at, k_tag_size);
    for (std::size_t i = 0; i < k_tag_count; ++i) {
      if (text != k_tags[i]) continue;
      last_[i] = at;
      any_ = true;
      return;
    }
  }

  std::string_view line_;
  std::size_t last_[k_tag_count];
  bool any_ = false;
};

std::string without_colours(std::string_view text) {
  if (text.find('\x1b') == std::string_view::npos) return std::string(text);
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != "\x1b[") {
      plain += text[i];
      continue;
    }
    const std::size_t end = text.find_first_not_of("0123456789;", i + 2);
    if (end == std::string_view::npos) break;
    i = end;  // the letter that ends the sequence
  }
  return plain;
}

GtestOutput::GtestOutput(std::string only) : only_(std::move(only)), only_shown_(shown_of(only_)) {}

std::string_view GtestOutput::shown(const std::string& name) const {
  return only_.empty() ? std::string_view(name) : std::string_view(only_shown_);
}

void GtestOutput::read(std::string_view bytes, const Tell& tell) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const std::string_view part = bytes.substr(0, std::min(taken, newline));
    const bool is_whole = newline != std::string_view::npos && line_.empty();
    if (!is_whole) line_ += part;
    size_ += taken;
    bytes.remove_prefix(taken);
    if (newline != std::string_view::npos) {
      read_line(is_whole ? part : line_, tell);
      line_.clear();
      line_start_ = size_;
    } else if (line_.size() > k_longest_unfinished) {
      const std::size_t gone = line_.size() - k_kept_of_longer;
      line_.erase(0, gone);
      line_start_ += gone;
    }
  }
}

void GtestOutput::read_line(std::string_view line, const Tell& tell) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
  if (!line.empty()) ends_with_help_ = is_end_of_help(line);
  const Tags tags(line);
  if (!tags.any()) {  // most lines have none
    if (cut_ || torn_ || half_ || is_whole_cut_) read_rest(line, tell);
    return;
  }
  if (tags.has(k_run) || tags.has(k_whole_test) || tags.has(k_part)) cut_.reset();
  const std::string& name = open_.empty() ? closed_ : open_;
  if (!name.empty() && read_end(tags, name, tell)) return;
  if (open_.empty() && cut_begin_ && read_untold(tags, tell)) return;
  if (read_begin(line, tags, tell)) return;
  if (open_.empty() && (tags.has(k_whole_test) || tags.has(k_part))) closed_.clear();
  if (tags.has(k_whole_test)) (void)read_whole(tags.behind(k_whole_test), tell);
}

bool GtestOutput::read_end(const Tags& tags, const std::string& name, const Tell& tell) {
  for (const auto& [tag, end] : k_end_tags) {
    if (!tags.has(tag)) continue;
    // The last tag in the line counts. The case may have printed other tags before it.
    const std::string text = without_colours(tags.behind(tag));
    if (!names_case(text, shown(name))) {
      if (ends_as_an_end(text)) continue;  // the line ends another case
      (text.starts_with(shown(name)) ? torn_ : cut_) = end;
      continue;
    }
    end_one(end, tell);
    return true;
  }
  return false;
}

// Reads a line without a tag, after a line whose tag was followed by foreign text.
void GtestOutput::read_rest(std::string_view line, const Tell& tell) {
  const std::string text = without_colours(line);
  if (is_whole_cut_ && read_whole(text, tell)) return;
  if (open_.empty()) return;
  if (const std::optional<CaseEnd>& said = torn_ ? torn_ : half_; said && is_last_piece(text)) {
    return end_one(CaseEnd{*said}, tell);
  }
  if (!cut_) return;
  const std::string_view name = shown(open_);
  if (text.starts_with(name)) {
    if (is_last_piece(text.substr(name.size()))) return end_one(CaseEnd{*cut_}, tell);
    half_ = cut_;
  } else if (ends_as_an_end(text) &&
             text.find(std::string(name) + " (") != std::string_view::npos) {
    torn_ = cut_;
  }
}

// Reads the end of a case whose name stood apart from "[ RUN      ] ".
bool GtestOutput::read_untold(const Tags& tags, const Tell& tell) {
  for (const auto& [tag, end] : k_end_tags) {
    if (!tags.has(tag)) continue;
    const std::string text = without_colours(tags.behind(tag));
    const std::string_view name = name_in_end(text);
    if (name.empty() || (!only_.empty() && name != only_shown_)) continue;
    begin(name, *cut_begin_, tell);
    end_open(end, tell);
    return true;
  }
  return false;
}

void GtestOutput::forget_pieces() {
  torn_.reset();
  half_.reset();
  cut_.reset();
}

// The case that is open has ended, or the one that was begun inside it.
void GtestOutput::end_one(CaseEnd end, const Tell& tell) {
  if (nested_ == 0) return end_open(end, tell);
  --nested_;
  forget_pieces();
}

void GtestOutput::end_open(CaseEnd end, const Tell& tell) {
  if (!open_.empty()) {
    closed_.swap(open_);
    open_.clear();
  }
  forget_pieces();
  tell({GtestEvent::Kind::ended, closed_, end, size_, 0});
}

bool GtestOutput::read_begin(std::string_view line, const Tags& tags, const Tell& tell) {
  if (!tags.has(k_run)) return false;
  std::size_t start = tags.at(k_run);
  const std::string name = without_colours(tags.behind(k_run));
  // The line begins with the escape sequence of the tag's colour, if it has one.
  if (const std::size_t escape = line.rfind('\x1b', start);
      escape != std::string_view::npos &&
      without_colours(line.substr(escape, start - escape)).empty()) {
    start = escape;
  }
  if (only_.empty() ? !is_case_name(name) : name != only_shown_) {
    if (open_.empty() && (only_.empty() || closed_.empty())) {
      closed_.clear();
      cut_begin_ = line_start_ + start;
    }
    return !only_.empty();
  }
  if (open_.empty()) {
    begin(name, line_start_ + start, tell);
  } else if (name == shown(open_)) {
    ++nested_;
  }
  return true;
}

void GtestOutput::begin(std::string_view name, std::uint64_t offset, const Tell& tell) {
  open_ = only_.empty() ? name : std::string_view(only_);
  closed_.clear();
  nested_ = 0;
  cut_begin_.reset();
  is_whole_cut_ = false;
  forget_pieces();
  tell({GtestEvent::Kind::began, open_, CaseEnd::passed, offset, 0});
}

// `text`: what follows "[==========] ".
bool GtestOutput::read_whole(std::string_view text, const Tell& tell) {
  constexpr std::string_view k_running = "Running ";
  const std::string plain = without_colours(text);
  std::string_view rest = plain;
  GtestEvent event;
  event.offset = size_;
  if (rest.starts_with(k_running)) {
    rest.remove_prefix(k_running.size());
  } else if (rest.find(" ran.") != std::string_view::npos) {
    event.kind = GtestEvent::Kind::finished;
  } else {
    rest = {};
  }
  if (!open_.empty() && (!torn_ || nested_ > 0)) return false;
  const std::optional<std::uint64_t> count = leading_number<std::uint64_t>(rest);
  is_whole_cut_ = !count || rest.find(" test") == std::string_view::npos;
  if (is_whole_cut_) return false;
  if (!open_.empty()) {
    if (event.kind != GtestEvent::Kind::finished) return false;
    end_open(*torn_, tell);
    closed_.clear();
  }
  cut_begin_.reset();
  event.count = *count;
  tell(event);
  return true;
}

bool is_googletest_line(std::string_view line) {
  constexpr std::string_view k_total = "[  PASSED  ] ";
  const std::string plain = without_colours(line);
  const auto begins = [&](std::string_view tag) { return plain.starts_with(tag); };
  return begins(k_total) || std::any_of(std::begin(k_tags), std::end(k_tags), begins);
}

}  // namespace holdfast
