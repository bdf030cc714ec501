// The commands begin, end and keeper. They are not for people: CTest's PRE_TEST and POST_TEST and
// the launcher call them. A failure of begin or end must not fail the tests: both report it and
// return 0. There are three exceptions, which users have asked for: wrong settings end a run before
// its first test, and so does what [preflight] misses; and a run without tests fails if settings
// say so. ctest ends with 8 when a PRE_TEST or POST_TEST command fails.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

#include "affected/tracked_files.hpp"
#include "base/encoding.hpp"
#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "cleanup/dead_runs.hpp"
#include "cleanup/reap.hpp"
#include "cleanup/stale_files.hpp"
#include "cleanup/stopped_supervisors.hpp"
#include "doctor/preflight/preflight.hpp"
#include "history/command.hpp"
#include "history/recent.hpp"
#include "keeper/start.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "programs/commands.hpp"
#include "report/load.hpp"
#include "report/render.hpp"
#include "run/enclosing_run.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lock.hpp"
#include "run/run_log.hpp"
#include "settings/keys.hpp"
#include "settings/locks_for_ctest.hpp"
#include "settings/settings.hpp"
#include "settings/wire.hpp"
#include "values/test_order.hpp"

namespace holdfast::cli {
namespace {

// The keeper reads ctest's log before it answers. For a very large run, that takes some time.
constexpr Milliseconds k_end_patience{30'000};
// More than a million tests have.
constexpr std::size_t k_most_planned = 256U << 20U;
// The exit code of begin if [preflight] asks for what is missing.
constexpr int k_not_ready = 1;
// `holdfast end`: ctest ran other tests than those that were chosen.
constexpr int k_not_chosen = 1;
// How long a file system may take to answer that [preflight] names.
constexpr Milliseconds k_file_patience{5'000};
// Whose processes nobody supervises any more, although their ctest lives.
constexpr std::string_view k_unattended = "a test whose launcher, guard and keeper were killed";

struct IntegrationOptions {
  std::string tree;
  std::string project;
  std::string ctest;
  std::string ctest_version;
  bool from_include = false;  // attach.cmake calls, and no POST_TEST prints the summary
  bool log_next = false;      // ctest opens its log next
  bool begun = false;         // an earlier `holdfast begin` has begun the run
  std::string alone_for;      // the test property that needs more than a shared tree; empty: none
};

AddedCommand<IntegrationOptions> add_hidden(Command app, const char* word, const char* help,
                                            Result<int> (*act)(const IntegrationOptions&)) {
  const auto added = add_command(app, word, help, act);
  added.command.hide();
  added.command.add_option("--tree", added.options->tree).required();
  added.command.add_option("--project", added.options->project);
  added.command.add_option("--ctest", added.options->ctest).required();
  return added;
}

// Puts right what runs with a killed keeper left on disk. It says nothing of their records, because
// reports show them.
void tidy_up(const std::string& tree) {
  const Tidied tidied = tidy(find_dead_runs(tree));
  for (const std::string& service : tidied.stopped) {
    complain("ran the stop command of service " + service + ", which an earlier run left");
  }
  for (const std::string& trouble : tidied.troubles) {
    complain("ignoring that an earlier run's directory is not tidy: " + trouble);
  }
}

// Ends the processes that a killed run left, because they may hold ports, files and locks that
// tests need. Processes that settings let live are spared: nobody has asked to end them
// (docs/internals/decisions/0011). Returns what was done, in one line; empty: nothing was left.
std::string end_left_of(const std::string& tree, const std::string& whose) {
  ReapOrder order;
  order.tree = tree;
  order.let_go = LetGo::spare;
  const Reaped reaped = reap_left_behind(order);
  if (reaped.found.empty()) return {};
  std::string line = "ended what " + whose + " left, " + describe(reaped.found);
  if (!reaped.survivors.empty()) line += "; failed to end " + describe(reaped.survivors);
  return line;
}

void end_left_behind(const std::string& tree, const std::string& whose) {
  if (const std::string line = end_left_of(tree, whose); !line.empty()) complain(line);
}

// Continues those that hold the tests of an earlier run, and that nobody else would continue.
// Returns what was done, in one line; empty: nothing was to do.
std::string continue_stopped(const std::string& tree, Milliseconds patience) {
  const std::vector<StoppedSupervisor> stopped = find_stopped(tree);
  if (stopped.empty()) return {};
  let_go_on(stopped, patience);
  return "continued " + describe(stopped) + ", which an earlier run left";
}

// While this run waits for the tree of another run.
std::string look_after_other(const std::string& tree, OtherKeeper keeper) {
  std::string line = continue_stopped(tree, Milliseconds{0});
  if (keeper == OtherKeeper::there) return line;
  const std::string ended = end_left_of(tree, std::string(k_unattended));
  return line.empty() || ended.empty() ? line + ended : line + "; " + ended;
}

RunLockOrder lock_order(const IntegrationOptions& options, const ProcessName& ctest,
                        SecondRun second) {
  RunLockOrder order{options.tree, ctest, variable(environment::k_held)};
  order.ctest_version = options.ctest_version;
  order.look_after_other = [&options](OtherKeeper keeper) {
    return look_after_other(options.tree, keeper);
  };
  if (!options.alone_for.empty()) return order;
  if (second == SecondRun::wait) order.selection = selection_of(ctest, options.ctest_version);
  if (second == SecondRun::share || !order.selection.is_whole()) order.use = TreeUse::shared;
  return order;
}

// Each profile has its own files: ctests that share the tree may have different profiles.
std::string of_profile(std::string_view name) {
  const std::string profile = selected_profile();
  return std::string(name) + (profile == k_default_profile ? "" : encode_file_name("-" + profile));
}

// Writes a file for attach.cmake, which ctest reads next. Without the file, tests have less grace
// than the settings say, and ctest does not know all their locks. That is no reason to complain
// each time.
void tell_attach(const std::string& tree, std::string_view name, const std::string& text) {
  const std::string path = tree + "/" + of_profile(name);
  if (text.empty()) {
    (void)os::remove_own(path);
    return;
  }
  if (const Result<std::string> before = os::read_own(path, text.size() + 1);
      before && *before == text) {
    return;
  }
  (void)os::replace_file(path, text);  // another ctest may be reading the old one
}

// The order of tests that the settings ask for. A run is no worse without it.
std::string order_for(const std::string& tree, TestOrder order) {
  if (order == TestOrder::as_is || !variable(environment::k_test_order).empty()) return {};
  Result<History> history = open_history(tree);
  const Result<std::string> commands =
      history ? commands_for(order, *history) : Result<std::string>(history.error());
  if (commands) return *commands;
  complain("ignoring the order of tests: " + to_text(commands.error()));
  return {};
}

// The records that `holdfast ctest` left for the run, which it has chosen the tests of. Those for
// another ctest are none of our business: this one is started by a test, or by a project's own
// PRE_TEST command, of a tree that does not know Holdfast.
std::string take_planned(const ProcessName& ctest) {
  const std::string file = variable(environment::k_planned);
  const std::string name = std::filesystem::path(file).filename();
  if (!name.starts_with(begin_of_selected_file(ctest))) return {};
  Result<std::string> lines = os::read_own(file, k_most_planned);
  if (!lines) {
    complain("ignoring that the run does not record which tests were chosen: " +
             to_text(lines.error()));
    return {};
  }
  (void)os::remove_own(file);
  return *std::move(lines);
}

void have_log_turn(const std::string& tree, const ProcessName& ctest) {
  if (const Result<void> had = take_log_turn(tree, ctest); !had) {
    complain("ignoring that another ctest may open the same LastTest.log: " + to_text(had.error()));
  }
}

// If settings ask for it, and `end` will come. Beside other runs, nobody could say whose tests
// changed a file.
void look_before_tests(const IntegrationOptions& options, const ProcessName& ctest,
                       const ProjectSettings& settings) {
  if (settings.run().tracked_files != TrackedFiles::report || options.from_include) return;
  if (const Result<void> looked = look_at_tracked_files(options.tree, ctest); !looked) {
    complain("tracked-files: what tests change is not known: " + to_text(looked.error()));
  }
}

// Prints what [preflight] misses. False: no test is to run.
bool has_what_is_needed(const Preflight& preflight, const std::string& tree) {
  if (preflight.is_empty()) return true;
  bool is_ready = true;
  for (const doctor::Finding& one : doctor::look_at_needs(preflight, tree, k_file_patience)) {
    complain(one.where + ": " + one.what);
    is_ready = is_ready && one.kind == doctor::Kind::preflight_warns;
  }
  if (!is_ready) complain("[preflight] is not met: no test runs");
  return is_ready;
}

// Begins a run: takes the tree, alone or shared as the settings say, and starts a keeper.
int begin_run(const IntegrationOptions& options, const ProcessName& ctest,
              ProjectSettings settings) {
  // What holds if another ctest has the tree.
  const SecondRun second =
      variable(environment::k_one_tree).empty() ? settings.run().runs : SecondRun::share;
  Result<RunLock> lock = take_run_lock(lock_order(options, ctest, second), second);
  if (!lock) return refused(lock.error(), exit_codes::k_lock_not_had);
  // These files may change only now that this run has the tree: until then another ctest relied on
  // them.
  const Milliseconds grace = longest_grace(settings.settings());
  tell_attach(options.tree, names::k_grace_file, std::to_string(grace.count()) + "\n");
  tell_attach(options.tree, names::k_locks_for_ctest, locks_for_ctest(settings.settings()));
  tell_attach(options.tree, names::k_order_for_ctest,
              order_for(options.tree, settings.run().order));
  if (!last_run_ended_well(options.tree)) {
    const std::string line = continue_stopped(options.tree, patience_with_stopped(grace));
    if (!line.empty()) complain(line);
    end_left_behind(options.tree, "an earlier run");
  }
  // A run that shares the tree tidies nothing. It cannot see a run beside it that is in another PID
  // namespace, and must not take that run for dead. A run inside another run tidies nothing either.
  const bool shares = lock->use == TreeUse::shared;
  const bool is_alone = lock->held && !shares && !lock->inside_another;
  if (is_alone) {
    tidy_up(options.tree);
    remove_stale_levels({options.project, options.tree});
  }
  // What another run had is free by now. The run around this one has looked.
  if (!lock->inside_another && !has_what_is_needed(settings.settings().preflight, options.tree)) {
    give_back(*lock, ctest);
    return k_not_ready;
  }
  if (is_alone) look_before_tests(options, ctest, settings);
  KeeperOrder keeper{options.tree, ctest, KeeperOrder::SummaryBy::end};
  keeper.after_runs = after_runs;
  if (options.from_include) keeper.summary_by = KeeperOrder::SummaryBy::keeper;
  if (lock->held) keeper.run_lock = lock->held->descriptors().front();
  keeper.shares_tree = shares;
  if (shares || lock->inside_another) keeper.company = Company::possible;
  keeper.settings = std::move(settings);
  keeper.lock_trouble = lock->warning;
  keeper.inside = variable(environment::k_run_id);
  // ctest has not begun to change its directory for tests yet.
  keeper.directory = os::read_link(os::in_proc(ctest.pid, "cwd"));
  keeper.configuration = variable(environment::k_configuration);
  keeper.planned = take_planned(ctest);
  if (const Result<void> started = start_keeper(keeper); !started) {
    if (!lock->warning.empty()) complain(lock->warning);
    complain("no keeper (" + to_text(started.error()) +
             "): tests run by their own properties, nothing is recorded");
  } else if (options.from_include) {
    // If the keeper does not answer, the first launcher begins the run.
    (void)OwnKeeper(ctest).go_on_with(options.tree, ComesNext::run, keeper.configuration);
  }
  // In a tree that cannot be locked, there are no turns either. The user has been told.
  const bool has_company = shares || lock->inside_another || !lock->held;
  if (options.log_next && has_company && lock->warning.empty()) have_log_turn(options.tree, ctest);
  return exit_codes::k_success;
}

// For the next ctest_test() of a script: ctest already has a keeper. If the tests now need the tree
// alone, the keeper first lets the shared tree go, and we then wait for the tree. A lock cannot be
// made exclusive while it is held.
int go_on_with(OwnKeeper& keeper, const IntegrationOptions& options, const ProcessName& ctest,
               SecondRun second) {
  // With `share`, locks keep a RUN_SERIAL test apart, and the tree stays shared.
  const bool is_apart = second == SecondRun::share && options.alone_for == "RUN_SERIAL";
  if (options.alone_for.empty() || is_apart || !keeper.let_go_of_shared_tree())
    return exit_codes::k_success;
  const Result<RunLock> lock = take_run_lock(lock_order(options, ctest, second), second);
  if (!lock) return refused(lock.error(), exit_codes::k_lock_not_had);
  if (!lock->warning.empty()) complain(lock->warning);
  if (lock->held) keeper.hand_over(lock->held->descriptors().front());
  return exit_codes::k_success;
}

Result<int> begin(const IntegrationOptions& options) {
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (options.begun) {
    // The project's own PRE_TEST commands have ended, and ctest opens its log next.
    if (ctest) have_log_turn(options.tree, *ctest);
    return exit_codes::k_success;
  }
  // If they are wrong, ctest runs no test, and ends with 8.
  HOLDFAST_TRY(ProjectSettings settings, ProjectSettings::of_tree(options.tree));
  if (const std::string_view trouble = os::trouble_with_watching(); !trouble.empty()) {
    complain(std::string(trouble) + ": tests run without Holdfast");
    return exit_codes::k_success;
  }
  if (!ctest) return refused(to_text("--ctest", ctest.error()));
  OwnKeeper keeper(*ctest);
  const auto go_on = [&](ComesNext next) {
    return keeper.go_on_with(options.tree, next, variable(environment::k_configuration));
  };
  const ComesNext next = options.from_include ? ComesNext::run : ComesNext::tests;
  // `alone_for`: the run has begun, and this was looked at.
  const Preflight& preflight = settings.settings().preflight;
  const bool looks = options.alone_for.empty() && !preflight.is_empty();
  OwnKeeper::Answer answer = go_on(looks ? ComesNext::look : next);
  if (looks && answer == OwnKeeper::Answer::serves) {
    if (!has_what_is_needed(preflight, options.tree)) return k_not_ready;
    answer = go_on(next);
  }
  switch (answer) {
    case OwnKeeper::Answer::serves:
      if (!keeper.log().file.empty()) os::begin_log(keeper.log());
      return go_on_with(keeper, options, *ctest, settings.run().runs);
    case OwnKeeper::Answer::silent:
      // Launchers notice by themselves when the keeper answers again.
      return exit_codes::k_success;
    case OwnKeeper::Answer::absent:
      break;
  }
  return begin_run(options, *ctest, std::move(settings));
}

struct EndOfRun {
  os::UniqueFd keeper;  // the connection
  wire::EndAnswer answer;
};

Result<EndOfRun> end_of_run(const Result<ProcessName>& ctest) {
  if (!ctest) return ErrorInWords{to_text("--ctest", ctest.error())};
  os::Connected link = connect_to_keeper(*ctest, k_end_patience);
  if (!link.socket.valid()) return link.error;
  wire::Message end(wire::EndAnswer::k_kind);
  HOLDFAST_DO(os::send_message(link.socket.get(), end));
  // A stopped keeper gets SIGCONT: it must still record the run and give back the tree.
  (void)wait_for_answer(link.socket.get(), k_end_patience);
  // Before the answer, a packet may come that the keeper sends to everybody: the run is over.
  while (true) {
    HOLDFAST_TRY(wire::Message message, os::receive_message(link.socket.get()).message);
    if (message.fields.empty()) continue;
    HOLDFAST_TRY(wire::EndAnswer answer, wire::read<wire::EndAnswer>(message));
    os::begin_log(answer.log);
    return EndOfRun{std::move(link.socket), std::move(answer)};
  }
}

void say(const SaidAtEnd& said) {
  std::fwrite(said.text.data(), 1, said.text.size(), stdout);
  if (!said.trouble.empty()) complain(said.trouble);
}

// The keeper of the run is gone, so nobody else makes its summary and its reports.
void report_died_run(const IntegrationOptions& options, const ProcessName& ctest) {
  const std::vector<std::string> runs = runs_of(options.tree, ctest, os::numbering_id());
  // A run that is not on record never had a keeper, and begin has said so.
  if (runs.empty()) return;
  const std::string& run = runs.front();
  const Result<RunEntry> entry = find_run(options.tree, run);
  if (!entry) return complain("no summary: " + to_text(entry.error()));
  os::continue_log(entry->journal);
  if (const Result<void> finished = finish_at_end(*entry, ctest); !finished) {
    complain("the keeper of this run was killed (journalctl -k tells whether memory ran out): " +
             to_text(finished.error()) + "; `holdfast report` may tell more later");
  }
  // It says that the keeper was killed.
  const Result<LoadedReport> loaded = load_whole_report(*entry, RunState::over);
  if (loaded) {
    say({render_summary(loaded->report), {}});
  } else {
    complain("no summary: " + to_text(loaded.error()));
  }
  const Result<ProjectSettings> settings = ProjectSettings::of_tree(options.tree);
  if (!settings) return complain("no reports: " + to_text(in_one_line(settings.error())));
  say(after_runs({options.tree, run, run, settings->run().reports}));
}

Result<int> end(const IntegrationOptions& options) {
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (ctest) {
    if (const Result<void> recorded = record_changed_files(options.tree, *ctest); !recorded) {
      complain("tracked-files: what tests changed is not known: " + to_text(recorded.error()));
    }
  }
  const Result<EndOfRun> ended = end_of_run(ctest);
  if (!ended) {
    const bool is_dead = ctest && !has_keeper(*ctest) && os::trouble_with_watching().empty();
    if (!is_dead && (!ctest || !runs_of(options.tree, *ctest, os::numbering_id()).empty())) {
      complain("no summary, the keeper of this run does not answer (" + to_text(ended.error()) +
               ")");
    }
    if (is_dead) {
      // Nobody else ends tests whose launcher and guard were killed after their keeper.
      end_left_behind(options.tree, std::string(k_unattended));
      report_died_run(options, *ctest);
    }
    return exit_codes::k_success;
  }
  const wire::EndAnswer& answer = ended->answer;
  say({answer.summary, {}});
  std::fflush(stdout);  // reports may take a while, and we may be killed
  say(after_runs({options.tree, answer.run, answer.run, answer.reports}));
  // If we are killed before this, the keeper makes the reports when ctest has ended.
  (void)os::send_message(ended->keeper.get(), wire::Message(wire::k_remembered));
  if (!answer.unlike_choice.empty()) return refused(answer.unlike_choice, k_not_chosen);
  if (!answer.lacks_tests) return exit_codes::k_success;
  return refused("no-tests is \"fail\": ctest ends with 8", exit_codes::k_no_tests);
}

Result<int> keeper(const IntegrationOptions& options) {
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (!ctest) return refused(to_text("--ctest", ctest.error()));
  KeeperOrder order{options.tree, *ctest, KeeperOrder::SummaryBy::keeper};
  order.settings = ProjectSettings::of_tree(options.tree);
  if (!order.settings) order.settings = in_one_line(order.settings.error());
  order.configuration = variable(environment::k_configuration);
  order.after_runs = after_runs;
  if (const Result<void> started = start_keeper(order); !started)
    return refused(started.error(), exit_codes::k_own_failure);
  return exit_codes::k_success;
}

}  // namespace

void add_begin(Command app) {
  const auto [command, options] = add_hidden(app, "begin", "before the first test of a run", begin);
  command.add_option("--ctest-version", options->ctest_version);
  command.add_flag("--from-include", options->from_include);
  command.add_flag("--log-next", options->log_next);
  command.add_flag("--begun", options->begun);
  command.add_option("--alone-for", options->alone_for);
}

void add_end(Command app) { add_hidden(app, "end", "after the last test of a run", end); }

void add_keeper(Command app) { add_hidden(app, "keeper", "start the keeper of a ctest", keeper); }

}  // namespace holdfast::cli
