#include <fmt/core.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/log.hpp"
#include "journal/log_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/file/descriptors.hpp"
#include "programs/commands.hpp"
#include "run/live_runs.hpp"

namespace holdfast::cli {
namespace {

// The exit code if the run has no log.
constexpr int k_no_log = 1;
constexpr Milliseconds k_tick{1'000};

struct LogOptions {
  std::string run = "latest";
  std::string test;
  std::string level = "trace";
  bool follow = false;
  bool json = false;
  std::string tree;
};

void print_json(const LogLine& line) {
  nlohmann::ordered_json json;
  json["at"] = static_cast<double>(line.at_us) / 1e6;
  json["time"] = log_time(line.at_us);
  json["level"] = holdfast::name_of(line.level);
  json["part"] = line.part;
  json["pid"] = line.pid;
  if (!line.test.empty()) json["test"] = line.test;
  if (!line.attempt.empty()) json["attempt"] = line.attempt;
  json["message"] = line.message;
  using nlohmann::detail::error_handler_t;
  fmt::print("{}\n", json.dump(-1, ' ', false, error_handler_t::replace));
}

void show(const std::vector<LogLine>& lines, const LogOptions& options) {
  const LogLevel level = *named<LogLevel>(options.level);
  const std::string test = printable(options.test);
  for (const LogLine& line : lines) {
    if (line.level < level || (!test.empty() && line.test != test)) continue;
    if (options.json) {
      print_json(line);
    } else {
      show_log_line(line);
    }
  }
  // Nobody reads on, so there is nothing left to do. spdlog flushes, too, and does not look.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::system_error(errno, std::generic_category());
}

// Shows what comes until the run is over.
void follow(const RunEntry& run, LogReader& log, const LogOptions& options) {
  const os::UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  (void)::inotify_add_watch(news.get(), run.directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  while (true) {
    const bool goes_on = is_going_on(run);
    show(log.take_lines(), options);
    if (!goes_on) return;
    (void)os::wait_for(news.get(), os::monotonic_now() + k_tick);
    char events[4096];
    while (::read(news.get(), events, sizeof events) > 0) {
    }
  }
}

constexpr std::string_view k_by_hand = "by-hand";

// Services that were started by hand have runs of their own.
Result<RunEntry> run_of(const std::string& tree, const std::string& wanted) {
  if (wanted != k_by_hand) return find_run(tree, wanted, variable(environment::k_run_id));
  std::vector<RunEntry> runs = list_runs(tree, RunsOf::people);
  if (runs.empty()) return ErrorInWords{tree + ": no service was started by hand here"};
  return std::move(runs.front());
}

// `off` is the level of no line.
std::vector<std::string> levels_of_lines() {
  constexpr auto k_words = words_of(LogLevel{});
  std::vector<std::string> words(k_words.begin(), k_words.end());
  std::erase(words, holdfast::name_of(LogLevel::off));
  return words;
}

Result<int> show_log(const LogOptions& options) {
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_TRY(const RunEntry run, run_of(tree, options.run));
  LogReader log(run.directory);
  std::vector<LogLine> lines = log.take_lines();
  if (!options.follow) std::ranges::move(log.take_rest(), std::back_inserter(lines));
  if (lines.empty() && !options.follow)
    return refused("run " + run.id + " has no line in its log: HOLDFAST_LOG or `log` in " +
                       std::string(names::k_settings_file) +
                       " wants none of what happened, or none could " + "be written",
                   k_no_log);
  show(lines, options);
  if (options.follow) {
    follow(run, log, options);
    show(log.take_rest(), options);
  }
  return exit_codes::k_success;
}

}  // namespace

void add_log(Command app) {
  const auto [command, options] =
      add_command(app, "log", "say what Holdfast did in a run, and why", show_log);
  command
      .add_option("RUN", options->run,
                  "latest (default), a run's id, number or beginning; by-hand: the "
                  "services that were last started by hand")
      .check(expected("a run"));
  command.add_option("--test", options->test, "only lines about this test")
      .check(expected("the name of a test"));
  command
      .add_option("--level", options->level, "only lines of this level and those that weigh more")
      .one_of(levels_of_lines());
  command.add_flag("--follow", options->follow, "show what comes until the run is over");
  command.add_flag("--json", options->json, "one JSON object per line");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
