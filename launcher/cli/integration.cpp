// begin, end and keeper: called by CTest's PRE_TEST and POST_TEST and by the launcher, not by
// people. A failure of begin or end must not fail the tests: both say it and return 0. Only
// settings that are wrong end a run before its first test: they were asked for.
#include <fmt/core.h>

#include <cstdlib>
#include <memory>

#include "cli/commands.hpp"
#include "core/environment.hpp"
#include "core/exit_codes.hpp"
#include "core/keeper_address.hpp"
#include "core/wire.hpp"
#include "keeper/dead_runs.hpp"
#include "keeper/keeper.hpp"
#include "keeper/reap.hpp"
#include "keeper/run_lock.hpp"
#include "os/packet_socket.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast::cli {
namespace {

// Reading the log of a very large run takes its time.
constexpr Milliseconds k_end_patience{30'000};
// Whether a keeper is there shows at once.
constexpr Milliseconds k_probe_patience{1'000};

struct IntegrationOptions {
  std::string tree;
  std::string project;
  std::string ctest;
  bool from_include = false;  // by attach.cmake: there is no POST_TEST to print the summary
};

std::shared_ptr<IntegrationOptions> add_options(CLI::App* command) {
  auto options = std::make_shared<IntegrationOptions>();
  command->group("");  // not in --help
  command->add_option("--tree", options->tree)->required();
  command->add_option("--project", options->project);
  command->add_option("--ctest", options->ctest)->required();
  return options;
}

Result<ProjectSettings> settings_of(const IntegrationOptions& options) {
  return ProjectSettings::load(settings_file_of_tree(options.tree), selected_profile());
}

bool has_keeper(const ProcessName& ctest) {
  return os::connect_to(keeper_socket(os::user_directory_path(), ctest), k_probe_patience)
      .socket.valid();
}

std::string variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

// What nobody wrote or took back when the keeper of an earlier run was killed. Said by nobody:
// reports show it.
void tidy_up(const std::string& tree) {
  for (const std::string& trouble : tidy(find_dead_runs(tree))) {
    complain("ignoring that an earlier run's directory is not tidy: failed to " + trouble);
  }
}

// What the last run left when it was killed: it may hold ports, files and locks of the tests. What
// settings let live is spared: nobody asked for its end here (docs/decisions/0011).
void sweep(const std::string& tree) {
  if (last_run_ended_well(tree)) return;
  ReapOrder order;
  order.tree = tree;
  order.let_go = LetGo::spare;
  const Reaped reaped = reap_left_behind(order);
  if (reaped.found.empty()) return;
  std::string line = "ended what an earlier run left, " + describe(reaped.found);
  if (!reaped.survivors.empty()) line += "; failed to end " + describe(reaped.survivors);
  complain(line);
}

// With the tree to itself, unless the settings allow company.
int begin_alone(const IntegrationOptions& options, const ProcessName& ctest,
                ProjectSettings settings) {
  const RunLockOrder order{options.tree, ctest, variable(environment::k_held)};
  Result<RunLock> lock = take_run_lock(order, settings.run().runs);
  if (!lock) {
    complain(lock.error().message);
    return exit_codes::k_lock_not_had;
  }
  sweep(options.tree);
  // The run around one that is inside it has tidied, and may be out of its sight (in a PID
  // namespace): it is not to be taken for dead.
  if (lock->held && !lock->inside_another) tidy_up(options.tree);
  KeeperOrder keeper{options.tree, options.project, ctest, KeeperOrder::Starter::begin};
  if (options.from_include) keeper.starter = KeeperOrder::Starter::launcher;
  if (lock->held) keeper.run_lock = lock->held->descriptors().front();
  keeper.settings = std::move(settings);
  keeper.lock_trouble = lock->warning;
  if (const Result<void> started = start_keeper(keeper); !started) {
    if (!lock->warning.empty()) complain(lock->warning);
    complain("no keeper (failed to " + started.error().message +
             "): tests run by their own properties, nothing is recorded");
  }
  return exit_codes::k_success;
}

int begin(const IntegrationOptions& options) {
  Result<ProjectSettings> settings = settings_of(options);
  if (!settings) {
    // ctest runs no test then, and ends with 8.
    complain(settings.error().message);
    return exit_codes::k_usage;
  }
  if (!os::can_watch_processes()) {
    complain("this kernel cannot watch processes (pidfd_open): tests run without Holdfast");
    return exit_codes::k_success;
  }
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (!ctest) {
    complain("failed to understand --ctest " + ctest.error().message);
    return exit_codes::k_usage;
  }
  // `ctest -S` comes here for every ctest_test(): its keeper has the tree already.
  if (has_keeper(*ctest)) return exit_codes::k_success;
  return begin_alone(options, *ctest, std::move(*settings));
}

Result<std::string> summary_of(const IntegrationOptions& options) {
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (!ctest) return Error{"understand --ctest " + ctest.error().message};
  os::Connected link =
      os::connect_to(keeper_socket(os::user_directory_path(), *ctest), k_end_patience);
  if (!link.socket.valid()) return link.error;
  wire::Message end;
  end.kind = wire::k_end;
  if (Result<void> sent = os::send_packet(link.socket.get(), wire::encode(end)); !sent) {
    return sent.error();
  }
  // The first packet may be the keeper's word to everybody that the run is over.
  while (true) {
    const Result<std::string> packet = os::receive_packet(link.socket.get());
    if (!packet) return packet.error();
    const Result<wire::Message> message = wire::decode(*packet);
    if (!message) return message.error();
    if (!message->fields.empty()) return std::string(message->get("summary"));
  }
}

int end(const IntegrationOptions& options) {
  if (const Result<std::string> summary = summary_of(options); summary) {
    std::fwrite(summary->data(), 1, summary->size(), stdout);
  } else {
    complain("no summary, the keeper of this run is gone (failed to " + summary.error().message +
             ")");
  }
  return exit_codes::k_success;
}

int keeper(const IntegrationOptions& options) {
  const Result<ProcessName> ctest = parse_process_name(options.ctest);
  if (!ctest) {
    complain("failed to understand --ctest " + ctest.error().message);
    return exit_codes::k_usage;
  }
  KeeperOrder order{options.tree, options.project, *ctest, KeeperOrder::Starter::launcher};
  order.settings = settings_of(options);
  if (const Result<void> started = start_keeper(order); !started) {
    complain("failed to " + started.error().message);
    return exit_codes::k_own_failure;
  }
  return exit_codes::k_success;
}

}  // namespace

void add_begin(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("begin", "before the first test of a run");
  const auto options = add_options(command);
  command->add_flag("--from-include", options->from_include);
  command->callback([options, &exit_code] { exit_code = begin(*options); });
}

void add_end(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("end", "after the last test of a run");
  command->callback([options = add_options(command), &exit_code] { exit_code = end(*options); });
}

void add_keeper(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("keeper", "start the keeper of a ctest");
  command->callback([options = add_options(command), &exit_code] { exit_code = keeper(*options); });
}

}  // namespace holdfast::cli
