#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "cli/commands.hpp"
#include "cli/history_file.hpp"
#include "cli/watch/run_follower.hpp"
#include "cli/watch/watch_view.hpp"
#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/base/printable.hpp"
#include "core/outcome/exit_codes.hpp"
#include "history/answers/slowest.hpp"
#include "history/history.hpp"
#include "keeper/tree/live_runs.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/file/unique_fd.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

// How long tests took in earlier runs.

// Older runs say little more than the last ones, and a journal may be large.
constexpr std::size_t k_runs_for_durations = 3;

constexpr std::size_t k_past_runs = 10;

// How long tests took in the last runs that the history has.
void add_from_history(const std::filesystem::path& tree, KnownDurations& durations) {
  const Result<std::filesystem::path> file = history_file(tree.string());
  Result<History> history = file ? History::open_existing(*file) : Result<History>(file.error());
  if (!history) return;
  const Result<std::vector<RunHead>> runs = history->runs();
  if (!runs) return;
  Durations seen;
  for (std::size_t i = runs->size() - std::min(runs->size(), k_past_runs); i < runs->size(); ++i) {
    if (const Result<PastRun> run = history->load((*runs)[i])) seen.add(*run);
  }
  for (const SlowTest& one : seen.sorted()) durations.emplace(one.test.name, one.median);
}

// By the runs of the tree, and for tests that these do not have, by the history. The last runs may
// not be in the history yet.
KnownDurations durations_before(const RunEntry& entry) {
  KnownDurations durations;
  const std::filesystem::path tree = tree_of(entry);
  std::size_t read = 0;
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order)) {
    if (run.id == entry.id) continue;
    KnownDurations of_run;
    (void)read_records(run.journal, [&](const Record& record) {
      const auto* const ended = std::get_if<AttemptEnded>(&record);
      if (ended != nullptr) of_run[ended->test] = ended->wall_s;
    });
    durations.merge(of_run);  // what newer runs say stays
    if (++read == k_runs_for_durations) break;
  }
  add_from_history(tree, durations);
  return durations;
}

constexpr Milliseconds k_tick{1000};
// A run of many short tests changes its files all the time. The terminal need not follow each
// change.
constexpr Milliseconds k_between_looks{50};
constexpr int k_looks_for_journal = 20;

struct WatchOptions {
  std::string tree;
  bool json = false;
};

double seconds(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }

bool is_set(const char* name) {
  const std::string value = variable(name);
  return !value.empty() && value != "0";
}

// no-color.org, bixense.com/clicolors
Colour wanted_colour(bool is_terminal) {
  if (!variable("NO_COLOR").empty()) return Colour::none;
  return is_terminal || is_set("CLICOLOR_FORCE") ? Colour::ansi : Colour::none;
}

// Prints the events, and on a terminal the block below them.
class Display {
 public:
  explicit Display(bool json)
      : json_(json),
        draws_(!json && ::isatty(STDOUT_FILENO) == 1 && variable("TERM") != "dumb"),
        colour_(wanted_colour(::isatty(STDOUT_FILENO) == 1)) {}

  bool draws() const { return draws_; }

  void show(RunFollower& run) {
    WatchState& state = run.state();
    const std::vector<WatchEvent> events = state.take_events();
    if (events.empty() && !draws_) return;
    const std::optional<double> left = run.left();
    std::string text;
    for (const WatchEvent& event : events) {
      const Lines lines = draws_ ? Lines::only_trouble : Lines::all;
      text += json_ ? event_json(event, state.counts(), left)
                    : event_line(event, state.counts(), lines, colour_);
    }
    std::string block;
    if (draws_ && !state.is_over()) {
      const double now = static_cast<double>(os::unix_now_ms()) / 1000;
      block = progress_block(state, now, left, screen());
    }
    put(text, block);
  }

  void say_waiting(const std::string& tree) {
    put(json_ ? waiting_json(tree)
              : "no run of " + printable(tree) + " is going on: waiting for one\n",
        "");
  }

 private:
  Screen screen() const {
    Screen screen;
    screen.colour = colour_;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return screen;
    if (size.ws_col > 0) screen.width = size.ws_col;
    if (size.ws_row > 0) screen.height = size.ws_row;
    return screen;
  }

  // Replaces the block that is there. After a resize the terminal may have wrapped its lines, so
  // some of it may stay above.
  void put(const std::string& text, const std::string& block) {
    std::string all;
    if (drawn_ > 0) all = fmt::format("\x1b[{}A\r\x1b[J", drawn_);
    all += text + block;
    drawn_ = static_cast<std::size_t>(std::ranges::count(block, '\n'));
    fmt::print("{}", all);
    // As fmt::print() fails. Nobody reads on, so there is nothing left to do.
    if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
  }

  bool json_;
  bool draws_;
  Colour colour_;
  std::size_t drawn_ = 0;  // lines of the block on the screen
};

void drain(const os::UniqueFd& news) {
  char events[4096];
  while (::read(news.get(), events, sizeof events) > 0) {
  }
}

std::optional<RunEntry> latest_of(const std::string& tree) {
  const Result<RunEntry> run = find_run(tree, "latest", variable(environment::k_run_id));
  return run ? std::optional(*run) : std::nullopt;
}

// The run that is going on, or the next one, even if that is over before we see it.
RunEntry wait_for_run(const std::string& tree, Display& display) {
  std::optional<RunEntry> run = latest_of(tree);
  if (run && is_going_on(*run)) return *run;
  const std::string before = run ? run->id : std::string();
  display.say_waiting(tree);
  const os::UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::filesystem::path runs = std::filesystem::path(tree) / names::k_runs_directory;
  int soon = 0;
  while (!run || run->id == before) {
    // The directory comes with the first run.
    (void)::inotify_add_watch(news.get(), runs.parent_path().c_str(), IN_CREATE);
    (void)::inotify_add_watch(news.get(), runs.c_str(), IN_CREATE);
    const Milliseconds time = soon > 0 ? k_between_looks : k_tick;
    if (os::wait_for(news.get(), os::monotonic_now() + time)) {
      drain(news);
      soon = k_looks_for_journal;  // a run's journal follows its directory at once
    } else if (soon > 0) {
      --soon;
    }
    run = latest_of(tree);
  }
  return *run;
}

// Waits until a file has changed, ctest has ended, the window has another size, or `until` has
// come.
void wait_for_news(const os::UniqueFd& news, const RunFollower& run, Milliseconds until) {
  pollfd fds[2] = {{news.get(), POLLIN, 0}, {run.ctest(), POLLIN, 0}};
  if (::poll(fds, 2, os::poll_time(until)) <= 0) return;
  (void)os::wait_for(run.ctest(), os::monotonic_now() + k_between_looks);
  drain(news);
}

// ctest has ended. If its keeper lives, is_going_on() waits until the end of the run is on record.
void await_end(RunFollower& run) {
  run.note_end_of_ctest();
  const bool goes_on = is_going_on(run.entry());
  run.look(seconds(os::monotonic_now()));
  if (!goes_on && !run.state().is_over()) {
    run.state().note_death(static_cast<double>(os::unix_now_ms()) / 1000);
  }
}

bool has_ended(const RunFollower& run) {
  return run.ctest_has_ended() || os::is_readable(run.ctest());
}

void follow(const RunEntry& entry, Display& display) {
  const os::UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  RunFollower run(entry, durations_before(entry), news.get());
  Milliseconds next_tick = os::monotonic_now();
  while (true) {
    run.look(seconds(os::monotonic_now()));
    if (os::monotonic_now() >= next_tick) {
      run.look_at_waits();
      next_tick = os::monotonic_now() + k_tick;
    }
    if (!run.state().is_over() && has_ended(run)) await_end(run);
    display.show(run);
    if (run.state().is_over()) return;
    wait_for_news(news, run, next_tick);
  }
}

void follow_window() {
  // Without SA_RESTART, so that poll(2) returns.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  (void)::sigaction(SIGWINCH, &action, nullptr);
}

Result<int> watch(const WatchOptions& options) {
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_DO(os::check_user_directory());
  Display display(options.json);
  if (display.draws()) follow_window();
  follow(wait_for_run(tree, display), display);
  return exit_codes::k_success;
}

}  // namespace

void add_watch(Command app, int& exit_code) {
  const auto [command, options] = add_command(
      app, exit_code, "watch", "follow the run of a build tree while it goes on", watch);
  command.add_flag("--json", options->json, "one JSON object per line and event");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
