#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/duration.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "journal/run_directory.hpp"
#include "locks/lock_listing.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "programs/commands.hpp"
#include "run/live_runs.hpp"
#include "watch/watch_state.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

struct StatusOptions {
  std::string tree;
  bool json = false;
};

std::string age_of(double since) {
  const auto ms = os::unix_now_ms() - static_cast<std::int64_t>(since * 1000);
  return describe(Milliseconds{std::max<std::int64_t>(0, ms)});
}

// All runs of this user, or with `tree` only those of that tree.
std::vector<LiveRun> runs_for(const std::string& tree) {
  std::vector<LiveRun> runs = find_live_runs();
  std::string wanted = tree;
  if (wanted.empty()) {
    if (const auto here = find_build_tree(".")) wanted = here->string();
  }
  const auto is_wanted = [&](const LiveRun& run) { return os::are_one_file(run.tree, wanted); };
  if (!wanted.empty() && std::none_of(runs.begin(), runs.end(), is_wanted)) {
    for (LiveRun& run : find_live_run_of(wanted)) runs.push_back(std::move(run));
  }
  if (!tree.empty()) std::erase_if(runs, [&](const LiveRun& run) { return !is_wanted(run); });
  return runs;
}

void add_wait(const TestWait& wait, Json& test) {
  const std::string lock = wait.names_of(wire::WaitFor::lock);
  test["waits_for"] = lock.empty() ? Json(nullptr) : Json(valid_utf8(lock));
  if (!wait.is_any()) return;
  if (wait.of.what == wire::WaitFor::services) test["waits_for_services"] = wait.of.names;
  if (wait.of.what == wire::WaitFor::step) test["waits_for_step"] = wait.of.names;
  if (!wait.of.why.empty()) test["why"] = valid_utf8(wait.of.why);
}

Json status_json(const std::vector<LiveRun>& runs, const std::vector<os::SurveyedLock>& locks) {
  Json status;
  status["version"] = 1;
  status["runs"] = Json::array();
  for (const LiveRun& run : runs) {
    Json object;
    object["run"] = run.run;
    object["tree"] = valid_utf8(run.tree);
    object["ctest"] = run.ctest.pid;
    object["since"] = run.since;
    if (run.is_in_other_pid_namespace) object["other_pid_namespace"] = true;
    object["tests"] = Json::array();
    for (const LiveTest& test : run.tests) {
      Json one{{"test", valid_utf8(test.test)},
               {"attempt", test.attempt},
               {"pid", test.launcher},
               {"since", test.since}};
      add_wait(wait_of(test.attempt, test.launcher, locks, run.waits), one);
      object["tests"].push_back(std::move(one));
    }
    object["services"] = Json::array();
    for (const wire::LiveService& service : run.services) {
      object["services"].push_back({{"name", service.name},
                                    {"state", service.state},
                                    {"generation", service.generation},
                                    {"pid", service.main}});
    }
    status["runs"].push_back(std::move(object));
  }
  status["locks"] = json_of({locks.begin(), locks.end()});
  return status;
}

std::string in_words(const TestWait& wait) {
  if (!wait.is_any()) return {};
  const std::string why = wait.of.why.empty() ? "" : ": " + printable(wait.of.why);
  return ", waiting for " + printable(subject_of(wait.of)) + why;
}

void print_status(const std::vector<LiveRun>& runs, const std::vector<os::SurveyedLock>& locks) {
  if (runs.empty()) fmt::print("no run is going on\n");
  for (const LiveRun& run : runs) {
    fmt::print("run {} of {} (ctest, pid {}{})", run.run.empty() ? "(begins)" : printable(run.run),
               printable(run.tree), run.ctest.pid,
               run.is_in_other_pid_namespace ? " in another PID namespace" : "");
    if (run.since > 0) fmt::print(" for {}", age_of(run.since));
    fmt::print("\n");
    for (const LiveTest& test : run.tests) {
      fmt::print("  \"{}\" (pid {}) for {}{}\n", printable(test.test), test.launcher,
                 age_of(test.since),
                 in_words(wait_of(test.attempt, test.launcher, locks, run.waits)));
    }
    for (const wire::LiveService& service : run.services) {
      fmt::print("  service {}: {}, generation {}", service.name, service.state,
                 service.generation);
      if (service.main > 0) fmt::print(", pid {}", service.main);
      fmt::print("\n");
    }
  }
  fmt::print("{}", describe_locks({locks.begin(), locks.end()}));
}

Result<int> show_status(const StatusOptions& options) {
  if (!options.tree.empty() && !os::is_directory(options.tree))
    return refused("--tree \"" + options.tree + "\": expected a build tree");
  HOLDFAST_DO(os::check_user_directory());
  const std::vector<LiveRun> runs = runs_for(options.tree);
  const std::vector<os::SurveyedLock> locks = os::survey_all_locks(os::Strangers::look_for).locks;
  if (options.json) {
    fmt::print("{}\n", status_json(runs, locks).dump(2));
  } else {
    print_status(runs, locks);
  }
  return exit_codes::k_success;
}

}  // namespace

void add_status(Command app) {
  const auto [command, options] = add_command(
      app, "status", "show the runs that are going on, their tests, and the locks", show_status);
  command.add_option("--tree", options->tree, "only runs of this build tree")
      .check(expected("a build tree"));
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace holdfast::cli
