#include "store/ctest_log_entries.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/settings/command_line.hpp"

namespace holdfast {
namespace {

// How many bytes are searched for what is hardly ever there: for tails of tests without the word,
// and for what ctest says before a head. After that, what cannot be told at once is not found.
constexpr std::uint64_t k_most_searched = 512ULL << 20U;

class EntryReader {
 public:
  EntryReader(int descriptor, std::string_view word, std::uint64_t begin)
      : log_(descriptor), word_(word), between_(begin), read_(begin) {}

  LogEntries read() {
    if (!word_.empty()) take_heads_with_word();
    take_end();
    note_several();
    return {std::move(entries_), read_};
  }

 private:
  void take_heads_with_word() {
    const std::string mark = "\"" + test_word(word_);
    std::uint64_t from = between_;
    while (const std::optional<std::uint64_t> at = log_.find(mark, from, log_.size())) {
      std::optional<LogHead> head = head_around(log_, *at, mark);
      from = *at + mark.size();
      if (!head || head->begin < between_) continue;
      if (take(*std::move(head))) from = between_;
    }
  }

  // Whether the head is real.
  bool take(LogHead head) {
    const bool is_first = ++heads_[head.index] == 1;
    const std::uint64_t end = end_before(head.begin);
    const bool is_closed = end > between_ ? close(end) : !open_;
    if (!is_closed) {
      // The test whose output this is has printed the head of an earlier test.
      if (!is_first) return false;
      // Something before the head is not understood.
      open_.reset();
    }
    if (!entries_.empty() && is_closed) closers_.back() = head.index;
    add_preamble(log_, is_closed ? end : head.begin, head);
    begin_entry(std::move(head));
    return true;
  }

  // Where the tail before the head ends; the end of what has been understood: there is none.
  std::uint64_t end_before(std::uint64_t head) {
    for (const std::uint64_t reach : {std::uint64_t{1} << 10U, std::uint64_t{64} << 10U}) {
      const std::uint64_t lowest =
          std::max(between_, head - std::min<std::uint64_t>(head, reach));
      if (reach > 1024 && !may_search(head - lowest)) break;
      const std::optional<std::uint64_t> at = log_.find_last(k_end_of_tail, lowest, head);
      if (at) return *at + k_end_of_tail.size();
      if (lowest == between_) break;
    }
    return between_;
  }

  void begin_entry(LogHead head) {
    between_ = head.end;
    open_ = std::move(head);
  }

  void end_entry(const LogTail& tail) {
    closers_.push_back(0);
    LogEntry& entry = entries_.emplace_back();
    static_cast<LoggedTest&>(entry) = std::move(*open_);
    entry.result = tail.result;
    entry.output_begin = open_->end;
    entry.output_end = tail.begin;
    entry.took_no_time = tail.took_no_time;
    entry.total = open_->total;
    open_.reset();
    read_ = between_ = tail.end;
  }

  // Ends the open entry and those without the word that follow it. The last one ends at `end`.
  // False: there are no such entries, and nothing has changed.
  bool close(std::uint64_t end) {
    const std::optional<LogTail> tail = tail_before(log_, end);
    if (!tail) return false;
    if (open_ && tail->begin >= open_->end && tail->name == open_->name) {
      end_entry(*tail);
      return true;
    }
    std::optional<LogTail> own;
    if (open_) own = last_tail_of(*open_, end);
    if (open_ && !own) return false;
    std::vector<std::pair<LogHead, LogTail>> others = others_in(own ? own->end : between_, end);
    if (others.empty()) return false;
    if (own) end_entry(*own);
    for (auto& [head, its_tail] : others) {
      ++heads_[head.index];
      begin_entry(std::move(head));
      end_entry(its_tail);
    }
    return true;
  }

  std::optional<LogTail> last_tail_of(const LogHead& head, std::uint64_t end) {
    const std::string line = line_in_tail(head.name);
    if (!may_search(end - head.end)) return std::nullopt;
    const std::optional<std::uint64_t> at = log_.find_last(line, head.end, end);
    return at ? tail_with(*at, line, head) : std::nullopt;
  }

  // The tail of which the line at that place is one.
  std::optional<LogTail> tail_with(std::uint64_t at, const std::string& line, const LogHead& head) {
    constexpr std::uint64_t k_longest_rest = 256;
    const std::uint64_t behind = at + line.size();
    const std::optional<std::uint64_t> blank = log_.find("\n\n", behind, behind + k_longest_rest);
    if (!blank) return std::nullopt;
    std::optional<LogTail> tail = tail_before(log_, *blank + 2);
    if (!tail || tail->name != head.name || tail->begin < head.end) return std::nullopt;
    return tail;
  }

  // The entries without the word that fill the log from `begin` to `end`; none: they do not.
  std::vector<std::pair<LogHead, LogTail>> others_in(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::pair<LogHead, LogTail>> found;
    while (begin < end) {
      std::optional<LogHead> head = head_after(log_, begin, end);
      if (!head) return {};
      add_preamble(log_, begin, *head);
      const std::optional<LogTail> tail = tail_after(*head, end);
      if (!tail) return {};
      begin = tail->end;
      found.emplace_back(*std::move(head), *tail);
    }
    return found;
  }

  // The first tail of that test after which the log goes on as between two entries.
  std::optional<LogTail> tail_after(const LogHead& head, std::uint64_t end) {
    const std::string line = line_in_tail(head.name);
    std::uint64_t from = head.end;
    while (true) {
      const std::optional<std::uint64_t> at = log_.find(line, from, end);
      if (!may_search((at ? *at : end) - from) || !at) return std::nullopt;
      from = *at + line.size();
      const std::optional<LogTail> tail = tail_with(*at, line, head);
      if (tail && (tail->end == end || head_after(log_, tail->end, end))) return tail;
    }
  }

  bool may_search(std::uint64_t bytes) {
    searched_ += bytes;
    return searched_ <= k_most_searched;
  }

  // After the last entry there is nothing, or ctest's closing line and its summary of labels.
  void take_end() {
    constexpr std::size_t k_longest_summary = 4U << 20U;
    const std::uint64_t size = log_.size();
    const std::uint64_t lowest =
        std::max(between_, size - std::min<std::uint64_t>(size, k_longest_summary));
    const std::string closing = std::string(k_end_of_tail) + "End testing: ";
    if (log_.before(size, k_end_of_tail.size()) == k_end_of_tail) {
      (void)close(size);
    } else if (const std::optional<std::uint64_t> at = log_.find_last(closing, lowest, size)) {
      (void)close(*at + k_end_of_tail.size());
    }
  }

  void note_several() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entries_[i].heads = heads_[entries_[i].index];
      if (closers_[i] != 0 && heads_[closers_[i]] > 1) entries_[i].before_several = closers_[i];
    }
  }

  LogText log_;
  std::string_view word_;
  std::uint64_t between_;  // the end of what has been understood
  std::uint64_t read_;
  std::uint64_t searched_ = 0;
  std::optional<LogHead> open_;  // the entry whose output goes on
  std::unordered_map<std::uint32_t, std::uint32_t> heads_;
  std::vector<LogEntry> entries_;
  std::vector<std::uint32_t> closers_;  // the test whose head follows each entry; 0: none
};

}  // namespace

LogEntries read_log_entries(int descriptor, std::string_view word, std::uint64_t begin) {
  return EntryReader(descriptor, word, begin).read();
}

}  // namespace holdfast
