#include "keeper/orphans.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "core/json_line.hpp"
#include "core/outcome.hpp"
#include "core/policy.hpp"
#include "os/clock.hpp"
#include "os/file_text.hpp"
#include "os/process_tree.hpp"
#include "os/tagged_processes.hpp"
#include "store/journal_reader.hpp"

namespace holdfast {
namespace {

// Nothing hurries this along and nobody is told.
class Unhurried final : public os::TreeWatcher {
 public:
  void on_reaped(pid_t /*pid*/, int /*status*/) override {}
  int hurry_fd() override { return -1; }
  bool hurries() override { return false; }
};

// The launcher may have been killed between its record and its farewell.
bool is_recorded(const std::string& journal, const std::string& attempt) {
  const Result<Journal> read = read_journal(journal);
  if (!read) return false;
  return std::any_of(read->records.begin(), read->records.end(), [&](const Record& record) {
    const auto* ended = std::get_if<AttemptEnded>(&record);
    return ended != nullptr && ended->attempt == attempt;
  });
}

void record(const Connection& orphan, const std::string& journal, std::size_t survivors) {
  if (journal.empty() || is_recorded(journal, orphan.attempt)) return;
  JsonLine line("attempt_ended", os::unix_now_ms());
  line.text("attempt", orphan.attempt).text("test", orphan.test).text("key", orphan.key);
  line.number("n", 1).text("outcome", name_of(Outcome::interrupted));
  std::string note = "launcher and guard of the test were killed; what it left was ended";
  if (survivors > 0) note += fmt::format(", but for {} processes", survivors);
  line.text("note", note);
  (void)os::append_line(journal, std::move(line).finish());
}

// Everything but the locks belongs to the keeper.
void keep_only(const std::vector<os::UniqueFd>& locks) {
  std::vector<unsigned> kept;
  for (const os::UniqueFd& lock : locks) kept.push_back(static_cast<unsigned>(lock.get()));
  std::sort(kept.begin(), kept.end());
  unsigned first = 3;
  for (unsigned fd : kept) {
    if (fd > first) ::close_range(first, fd - 1, 0);
    first = std::max(first, fd + 1);
  }
  ::close_range(first, ~0U, 0);
}

}  // namespace

pid_t look_after_orphan(Connection orphan, const std::string& journal) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  keep_only(orphan.locks);
  os::TaggedProcesses left(orphan.attempt);
  Unhurried watcher;
  const std::size_t survivors =
      os::end_processes(left, {SIGTERM, k_default_grace, {}}, watcher).size();
  record(orphan, journal, survivors);
  ::_exit(0);
}

}  // namespace holdfast
