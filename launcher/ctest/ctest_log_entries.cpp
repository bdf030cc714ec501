#include "ctest/ctest_log_entries.hpp"

#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "settings/command_line.hpp"

namespace holdfast {
namespace {

class EntryReader {
 public:
  EntryReader(int descriptor, const RunInLog& run, std::uint64_t begin)
      : log_(descriptor), word_(run.word), launches_(run.launches), between_(begin), read_(begin) {}

  LogEntries read() {
    if (word_.empty() && between_ == 0) word_ = first_word();
    if (!word_.empty()) take_heads_with_word();
    if (!has_given_up()) take_end();
    note_several();
    return {std::move(entries_), read_, has_given_up(), log_.read_error()};
  }

 private:
  using Entries = std::vector<std::pair<LogHead, LogTail>>;

  // The word of the log's first entry: no test has printed anything before it.
  std::string first_word() {
    const std::optional<LogHead> head = head_after(log_, 0, log_.size());
    if (!head || !head->launched) return {};
    const std::string before = "\" \"--test:";
    const std::optional<std::uint64_t> at = log_.find(before, head->begin, head->output_begin);
    if (!at) return {};
    constexpr std::size_t k_longest_word = 64;
    const std::string_view text = log_.at(*at + before.size(), k_longest_word);
    return std::string(text.substr(0, std::min(text.find(':'), text.size())));
  }

  void take_heads_with_word() {
    const std::string mark = "\"" + begin_of_test_argument(word_);
    std::optional<std::uint64_t> at = log_.find(mark, between_, log_.size());
    while (at && !has_given_up()) {
      const std::optional<std::uint64_t> next = log_.find(mark, *at + mark.size(), log_.size());
      std::optional<LogHead> head = head_around(log_, *at, mark, next.value_or(log_.size()));
      const bool is_real = head && head->begin >= between_ && take(*std::move(head));
      ++(is_real ? with_word_ : guesses_);
      at = next;
    }
  }

  // Whether the head is real.
  bool take(LogHead head) {
    const bool is_first = ++heads_[head.index] == 1;
    std::size_t first_closed = entries_.size();
    const std::uint64_t end = end_before(head.begin);
    const bool is_closed = end > between_ ? close(end) : !open_;
    if (!is_closed) {
      // The test whose output this is has printed the head of an earlier test.
      if (!is_first) return false;
      // Something before the head is not understood. If the open entry's head is none, the entry
      // before that ends later.
      if (open_ && !entries_.empty() && closers_.back() == open_->index) {
        entries_.back().is_doubtful = true;
      }
      if (open_) end_in_doubt(head.begin);
    }
    if (first_closed == entries_.size() && first_closed > 0) --first_closed;
    if (is_closed)
      std::fill(closers_.begin() + std::ptrdiff_t(first_closed), closers_.end(), head.index);
    add_preamble(log_, is_closed ? end : head.begin, head);
    begin_entry(std::move(head));
    return true;
  }

  // The open entry ends somewhere before that place.
  void end_in_doubt(std::uint64_t end) {
    const std::string line = line_in_tail(open_->name);
    const bool may = log_.may_search(end - open_->output_begin);
    const auto at = may ? log_.find_last(line, open_->output_begin, end) : std::nullopt;
    const std::optional<LogTail> tail = at ? tail_with(*at, line, *open_) : std::nullopt;
    if (tail) {
      end_entry(*tail);
      entries_.back().is_doubtful = true;
    }
    open_.reset();
  }

  // Where the tail before the head ends; the end of what has been understood: there is none.
  std::uint64_t end_before(std::uint64_t head) {
    for (const std::uint64_t reach : {std::uint64_t{1} << 10U, std::uint64_t{64} << 10U}) {
      const std::uint64_t lowest = std::max(between_, head - std::min<std::uint64_t>(head, reach));
      if (reach > 1024 && !log_.may_search(head - lowest)) break;
      const std::optional<std::uint64_t> at = log_.find_last(k_end_of_tail, lowest, head);
      if (at) return *at + k_end_of_tail.size();
      if (lowest == between_) break;
    }
    return between_;
  }

  void begin_entry(LogHead head) {
    if (tests_ == 0) tests_ = head.total;
    between_ = head.output_begin;
    open_ = std::move(head);
  }

  void end_entry(const LogTail& tail) {
    closers_.push_back(0);
    LogEntry& entry = entries_.emplace_back();
    static_cast<LogHead&>(entry) = *std::exchange(open_, std::nullopt);
    entry.result = tail.result;
    entry.output_end = tail.begin;
    entry.took_no_time = tail.took_no_time;
    read_ = between_ = tail.end;
  }

  void add(const Entries& others) {
    for (const auto& [head, tail] : others) {
      ++heads_[head.index];
      begin_entry(head);
      end_entry(tail);
    }
  }

  // Ends the open entry and those without the word that follow it. The last one ends at `end`.
  // False: there are no such entries, and nothing has changed.
  bool close(std::uint64_t end) {
    const std::optional<LogTail> tail = tail_before(log_, end);
    if (!tail) return false;
    if (open_ && tail->begin >= open_->output_begin && tail->name == open_->name) {
      if (close_before_namesake(*tail)) return true;
      end_entry(*tail);
      return true;
    }
    if (open_) return close_before_others(end);
    Entries others = others_in(between_, end);
    if (others.empty()) return false;
    add(others);
    return true;
  }

  // The open entry ends with the last tail of its test after which entries without the word fill
  // the log: those tests may have printed its tail, too. If it may as well end earlier, nobody can
  // tell. Then each entry that there may be counts, in doubt, so that none is lost.
  bool close_before_others(std::uint64_t end) {
    constexpr int k_most_tries = 64;
    const std::string line = line_in_tail(open_->name);
    std::optional<LogTail> own;
    Entries others;
    bool is_doubtful = false;
    std::uint64_t before = end;
    std::uint64_t end_of_later = end;
    for (int tries = 0; tries < k_most_tries; ++tries) {
      if (!log_.may_search(before - open_->output_begin)) break;
      const std::optional<std::uint64_t> at = log_.find_last(line, open_->output_begin, before);
      if (!at) break;
      before = *at;
      std::optional<LogTail> tail = tail_with(*at, line, *open_);
      if (!tail) continue;
      const std::uint64_t later = std::exchange(end_of_later, tail->end);
      Entries found = others_in(tail->end, end);
      // What ctest says before a head has no tail.
      if (found.empty() || found.front().first.begin >= later) continue;
      is_doubtful = own.has_value();
      if (!own) own = *std::move(tail);
      add_missing(std::move(found), others);
    }
    if (!own) return false;
    end_entry(*own);
    const std::size_t first = entries_.size() - 1;
    add(others);
    for (std::size_t i = first; i < entries_.size(); ++i) entries_[i].is_doubtful |= is_doubtful;
    return true;
  }

  // Adds the entries of tests of which `to` has none, in front.
  static void add_missing(Entries from, Entries& to) {
    std::unordered_set<std::uint32_t> known;
    for (const auto& entry : to) known.insert(entry.first.index);
    const auto is_known = [&](const auto& entry) { return known.count(entry.first.index) != 0; };
    from.erase(std::remove_if(from.begin(), from.end(), is_known), from.end());
    std::move(to.begin(), to.end(), std::back_inserter(from));
    to = std::move(from);
  }

  // The tail may be that of a test of the same name that has no word. Then the open entry ends
  // earlier. If the test has printed that, nobody can tell: both entries are in doubt.
  bool close_before_namesake(const LogTail& tail) {
    const std::string line = line_in_tail(open_->name);
    const std::optional<std::uint64_t> at = log_.find(line, open_->output_begin, tail.begin);
    if (!at) return false;
    const std::optional<LogTail> own = tail_with(*at, line, *open_);
    if (!own || own->end >= tail.begin) return false;
    Entries others = others_in(own->end, tail.end);
    if (others.empty()) return false;
    end_entry(*own);
    entries_.back().is_doubtful = true;
    add(others);
    return true;
  }

  // The tail of which the line at that place is one.
  std::optional<LogTail> tail_with(std::uint64_t at, const std::string& line, const LogHead& head) {
    constexpr std::uint64_t k_longest_rest = 256;
    const std::uint64_t behind = at + line.size();
    const std::optional<std::uint64_t> blank = log_.find("\n\n", behind, behind + k_longest_rest);
    if (!blank) return std::nullopt;
    std::optional<LogTail> tail = tail_before(log_, *blank + 2);
    if (!tail || tail->name != head.name || tail->begin < head.output_begin) return std::nullopt;
    return tail;
  }

  // The entries without the word that fill the log from `begin` to `end`; none: they do not. A test
  // may have printed a tail of its own, so the first tails that lead to the end count.
  Entries others_in(std::uint64_t begin, std::uint64_t end) {
    constexpr int k_most_dead_ends = 1000;
    Entries found;
    std::unordered_set<std::uint64_t> dead_ends;
    const auto is_over = [&] { return has_given_up() || dead_ends.size() > k_most_dead_ends; };
    std::uint64_t at = begin;
    while (at < end && !is_over()) {
      std::optional<LogHead> head;
      if (dead_ends.count(at) == 0) head = head_after(log_, at, end);
      // What ctest says before a head has no tail.
      const bool is_early =
          head && !found.empty() && tail_after(found.back().first, at, head->begin);
      if (head && !is_early && may_follow(*head, found.size())) {
        add_preamble(log_, at, *head);
        LogTail none;
        none.end = head->output_begin;
        found.emplace_back(*std::move(head), none);
      } else {
        dead_ends.insert(at);
      }
      while (!found.empty()) {
        auto& [last, tail] = found.back();
        if (std::optional<LogTail> next = tail_after(last, tail.end, end)) {
          tail = *std::move(next);
          break;
        }
        ++guesses_;
        found.pop_back();
        if (!found.empty()) dead_ends.insert(found.back().second.end);
      }
      if (found.empty()) return {};
      at = found.back().second.end;
    }
    if (at == end) return found;
    return {};
  }

  // Whether it may be the head of another test than the open entry's, after so many.
  bool may_follow(const LogHead& head, std::size_t others) const {
    if (!open_) return true;
    constexpr std::size_t k_repeated = 10'000;
    return head.index != open_->index && head.total == open_->total &&
           others <= std::max<std::size_t>(k_repeated, 4UL * open_->total);
  }

  // The first tail of that test from there on.
  std::optional<LogTail> tail_after(const LogHead& head, std::uint64_t from, std::uint64_t end) {
    const std::string line = line_in_tail(head.name);
    while (true) {
      const std::optional<std::uint64_t> at = log_.find(line, from, end);
      if (!log_.may_search((at ? *at : end) - from) || !at) return std::nullopt;
      from = *at + line.size();
      std::optional<LogTail> tail = tail_with(*at, line, head);
      if (tail) return tail;
    }
  }

  // After the last entry there is nothing yet, or ctest's closing line.
  void take_end() {
    const std::uint64_t size = log_.size();
    if (log_.before(size, k_end_of_tail.size()) == k_end_of_tail) {
      (void)close(size);
    } else if (const std::optional<std::uint64_t> line = closing_line(log_)) {
      (void)close(*line);
    }
  }

  void note_several() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entries_[i].heads = heads_[entries_[i].index];
      if (closers_[i] != 0 && heads_[closers_[i]] > 1) entries_[i].next_with_several = closers_[i];
    }
  }

  // A test may print the whole log. So many guesses more take a third of a second.
  bool has_given_up() const {
    constexpr std::size_t k_most_guesses = 20'000;
    const std::uint64_t few = k_most_guesses + 2 * tests_;
    return guesses_ > few || (with_word_ > few && with_word_ - few > launches_);
  }

  LogText log_;
  std::string word_;
  std::uint64_t launches_;
  std::uint64_t with_word_ = 0;
  std::uint64_t guesses_ = 0;  // what looked like entries and was none
  std::size_t tests_ = 0;      // of the run, according to the first head
  std::uint64_t between_;      // the end of what has been understood
  std::uint64_t read_;
  std::optional<LogHead> open_;  // the entry whose output goes on
  std::unordered_map<std::uint32_t, std::uint32_t> heads_;
  std::vector<LogEntry> entries_;
  std::vector<std::uint32_t> closers_;  // the test whose head follows each entry; 0: none
};

}  // namespace

LogEntries read_log_entries(int descriptor, const RunInLog& run, std::uint64_t begin) {
  return EntryReader(descriptor, run, begin).read();
}

}  // namespace holdfast
