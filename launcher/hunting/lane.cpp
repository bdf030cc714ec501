#include "hunting/lane.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "ctest/cmake_expression.hpp"
#include "history/past_run.hpp"
#include "journal/journal_reader.hpp"
#include "os/file/own_files.hpp"
#include "os/machine/limits.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "report/load.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t k_largest_file = std::size_t{1} << 20U;
// ctest says in its first lines why it runs no test.
constexpr std::size_t k_most_said = 16U << 10U;

// How long launchers and the keeper may take when ctest has ended: they end the test gently.
constexpr Milliseconds k_patience{20'000};

// A bracket argument has no escapes. No path of a build tree has this end in it: CMake would not
// have configured it.
std::string in_brackets(const std::string& path) { return "[==[" + path + "]==]"; }

std::string ours(const std::string& tree, std::string_view name) {
  return text_of({tree, "/", names::k_tree_directory, "/", name});
}

// What is not there is not needed.
Result<void> copy(const std::string& from, const std::string& to) {
  if (!os::exists_own(from)) return {};
  HOLDFAST_TRY(const std::string text, os::read_own(from, k_largest_file));
  return os::replace_file(to, text);
}

// <configuration>/<service>.toml, or <service>.toml.
Result<void> copy_services(const std::string& from, const std::string& to) {
  const std::vector<std::string> entries = os::names_in_own(from);
  if (!entries.empty()) {
    HOLDFAST_DO(os::make_own_directories(to, 0755));
  }
  for (const std::string& name : entries) {
    HOLDFAST_DO(name.ends_with(".toml") ? copy(from + "/" + name, to + "/" + name)
                                        : copy_services(from + "/" + name, to + "/" + name));
  }
  return {};
}

Result<void> write_tree(const std::string& lane, const std::string& tree) {
  HOLDFAST_DO(os::make_own_directories(lane, 0755));
  HOLDFAST_DO(os::make_own_directories(lane + "/" + std::string(names::k_tree_directory), 0755));
  // attach.cmake takes the directory in which ctest starts for the tree if it finds itself there.
  for (const std::string_view name : {"attach.cmake", "custom.cmake", "listing.cmake", "project"}) {
    HOLDFAST_DO(copy(ours(tree, name), ours(lane, name)));
  }
  HOLDFAST_DO(copy_services(ours(tree, "services"), ours(lane, "services")));
  // Holdfast itself, if it is a part of the project (cmake/AsSubproject.cmake).
  if (const std::string tools = ours(tree, "tools"); os::is_directory(tools)) {
    if (::symlink(tools.c_str(), ours(lane, "tools").c_str()) != 0 && errno != EEXIST) {
      return os::system_error("link to " + tools);
    }
  }
  HOLDFAST_DO(copy(tree + "/DartConfiguration.tcl", lane + "/DartConfiguration.tcl"));
  for (const char* const name : {"/CTestCustom.cmake", "/CTestCustom.ctest"}) {
    if (::access((tree + name).c_str(), R_OK) != 0) continue;
    HOLDFAST_DO(os::replace_file(lane + name, "include(" + in_brackets(tree + name) + ")\n"));
  }
  return os::replace_file(lane + "/CTestTestfile.cmake",
                          "# A lane of a hunt in " + tree +
                              "\ninclude(\".holdfast/attach.cmake\")\nsubdirs(" +
                              in_brackets(tree) + ")\n");
}

// Gives this process, which becomes ctest, its place. What the machine does not allow is left out:
// then the variation does less.
void take_place(const Placing& placing, const std::vector<int>& allowed) {
  if (!allowed.empty()) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(allowed[placing.processor % allowed.size()], &one);
    (void)::sched_setaffinity(0, sizeof one, &one);
  }
  const sched_param none{};
  if (placing.is_batch) (void)::sched_setscheduler(0, SCHED_BATCH, &none);
  (void)::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + placing.nice);
}

std::vector<int> allowed_processors() {
  std::vector<int> allowed;
  cpu_set_t all;
  CPU_ZERO(&all);
  if (::sched_getaffinity(0, sizeof all, &all) != 0) return allowed;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &all)) allowed.push_back(i);
  }
  return allowed;
}

// ctest's own, with what the lane adds. What the user says of ctest's runs is not for these.
std::vector<std::string> environment_for(const Quarry& quarry, const LaneStart& how) {
  std::vector<std::string> entries = os::own_environment();
  std::erase_if(entries, [](std::string_view entry) { return entry.starts_with("CTEST_"); });
  const auto add = [&](const std::string& entry) {
    std::erase_if(entries, [&](std::string_view old) { return name_in(old) == name_in(entry); });
    entries.push_back(entry);
  };
  const auto add_all = [&](const std::vector<std::string>& more) {
    std::ranges::for_each(more, add);
  };
  add_all(environment_of(how.variation, locales_of_machine()));
  add_all(how.environment);
  add(text_of({environment::k_hunted_tree, "=", quarry.tree}));
  if (!quarry.configuration.empty()) {
    add(text_of({environment::k_configuration, "=", quarry.configuration}));
  }
  return entries;
}

std::vector<std::string> words_for(const Quarry& quarry, const LaneStart& how) {
  std::vector<std::string> words{quarry.ctest, "--no-tests=error"};
  if (!quarry.configuration.empty()) words.insert(words.end(), {"-C", quarry.configuration});
  if (!how.words.empty()) {
    words.insert(words.end(), how.words.begin(), how.words.end());
    return words;
  }
  words.insert(words.end(), {"-j1", "-R", expression_for_names({quarry.test})});
  if (how.runs > 1) {
    words.insert(words.end(), {"--repeat", "until-fail:" + std::to_string(how.runs)});
  }
  return words;
}

// The run of this lane that is not among `before`.
std::optional<RunEntry> new_run(const std::string& lane, const std::vector<std::string>& before) {
  for (RunEntry& run : list_runs(lane)) {
    if (!contains(before, run.id)) return std::move(run);
  }
  return std::nullopt;
}

// ctest's last lines say why it ran no test.
std::string reason_in(const std::string& said) {
  const std::string_view text = trimmed(said, " \t\r\n");
  return text.empty() ? "ctest said nothing" : brief(text.substr(text.rfind('\n') + 1));
}

}  // namespace

std::vector<std::string> locales_of_machine() {
  std::vector<std::string> locales{"C", "C.UTF-8"};
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/locale", failed)) {
    const std::string name = entry.path().filename();
    if (name.find('_') != std::string::npos && name.ends_with(".utf8")) locales.push_back(name);
  }
  return locales;
}

Result<Lane> Lane::make(std::string directory, const Quarry& quarry) {
  HOLDFAST_DO(write_tree(directory, quarry.tree));
  return Lane(std::move(directory));
}

void Lane::start(const Quarry& quarry, const LaneStart& how) {
  os::BoundedOrder order;
  order.time = k_longest / 2;
  order.patience = k_patience;
  order.most_output = k_most_said;
  order.work = [this, &quarry, &how]() -> Result<std::string> {
    if (how.variation.on.has(Vary::cpus)) {
      const std::vector<int> allowed = allowed_processors();
      take_place(placing_of(how.variation, allowed.size()), allowed);
    }
    if (::chdir(directory_.c_str()) != 0) return os::system_error("enter " + directory_);
    const std::vector<std::string> words = words_for(quarry, how);
    const std::vector<std::string> environment = environment_for(quarry, how);
    os::execute(os::pointers_to(words).data(), os::pointers_to(environment).data());
    return Error(os::execution_error(words[0], errno));
  };
  asked_ = false;
  runs_before_ = collected(list_runs(directory_), &RunEntry::id);
  work_ = std::make_unique<os::BoundedWork>(order);
}

void Lane::join(os::Wait& wait) const {
  if (work_ && !work_->is_done()) work_->join(wait);
}

bool Lane::go_on() { return work_ && work_->go_on(); }

void Lane::ask_to_end() {
  if (!work_ || asked_) return;
  const std::optional<RunEntry> run = new_run(directory_, runs_before_);
  const std::optional<RunStarted> started = run ? first_record(run->journal) : std::nullopt;
  if (!started) return;  // it has not begun
  const Result<os::UniqueFd> ctest = os::watch_process(started->ctest);
  asked_ = true;
  if (ctest) (void)os::send_signal(ctest->get(), SIGTERM);
}

LaneEnd Lane::take_end(const Quarry& quarry) {
  LaneEnd end;
  const os::BoundedEnd ended = work_->end();
  work_.reset();
  end.run = new_run(directory_, runs_before_);
  if (!end.run) {
    if (!asked_) end.trouble = reason_in(ended.output);
    return end;
  }
  const Result<LoadedReport> loaded = load_whole_report(*end.run, RunState::over);
  if (!loaded) {
    end.trouble = to_text(loaded.error());
    return end;
  }
  const auto test = std::ranges::find(loaded->report.tests, quarry.test, &TestReport::name);
  if (test == loaded->report.tests.end()) {
    if (!asked_) end.trouble = reason_in(ended.output);
    return end;
  }
  // ctest goes on after a run only if the run has passed, so only the last one can be another.
  for (const Attempt& attempt : test->attempts) {
    const bool is_last = &attempt == &test->attempts.back();
    const Outcome outcome = is_last ? test->outcome : outcome_of(attempt);
    if (!attempt.has_ended || outcome == Outcome::interrupted || outcome == Outcome::not_run)
      continue;
    ++end.runs;
    end.seconds += attempt.wall_s;
    end.has_failed = is_last && is_red(outcome);
  }
  if (end.has_failed) {
    end.output = loaded->outputs->of(*test).text;
    end.signature = signature_of(test->attempts.back(), end.output);
  } else if (end.runs == 0 && !asked_) {
    end.trouble = test->why.empty() ? reason_in(ended.output) : test->why;
  }
  return end;
}

}  // namespace holdfast::cli
