#include "services/service_host.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt/keeper_link.hpp"
#include "attempt/messages.hpp"
#include "os/containment/namespaces.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"
#include "services/port_owners.hpp"
#include "services/service_companion.hpp"
#include "values/lock_spec.hpp"
#include "values/outcome.hpp"

namespace holdfast::host {

int be_forking_service(int told, char** command) {
  constexpr int k_not_started = 127;
  (void)::fcntl(told, F_SETFD, FD_CLOEXEC);
  // The command line must not look like the service's.
  os::set_process_title("holdfast", {"holdfast", "service-fork"});
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const os::Spawned spawned = os::spawn({command, ::environ}, {});
  if (spawned.error != 0) {
    supervision::write_line(
        "service-fork: " +
        to_text(os::system_error(std::string("start ") + *command, spawned.error)));
    return k_not_started;
  }
  int status = 0;
  for (pid_t ended = 0; (ended = os::retried([&] { return ::waitpid(-1, &status, 0); })) > 0;) {
    if (WIFSIGNALED(status)) os::die_of(WTERMSIG(status));
    if (status != 0) return WEXITSTATUS(status);
    if (ended == spawned.pid) (void)os::retried([&] { return ::write(told, "", 1); });
  }
  return 0;
}

namespace {

constexpr int k_failed = 1;

Result<wire::HostOrder> receive_order(const os::UniqueFd& keeper) {
  HOLDFAST_TRY(const wire::Message message, os::receive_message(keeper.get()).message);
  HOLDFAST_TRY(wire::HostOrder order, wire::read<wire::HostOrder>(message));
  LogTarget log;
  each_field(log, wire::FromMessage(message));
  log.part = text_of({"host ", order.spec.name, "#", std::to_string(order.generation)});
  os::begin_log(std::move(log));
  return order;
}

// Adds what was declared to the environment of the keeper, which is that of ctest.
TestEnvironment environment_of(const wire::HostOrder& order) {
  TestEnvironment environment(::environ);
  for (const Variable& variable : order.spec.environment) {
    environment.set(variable.name, variable.value);
  }
  environment.set(environment::k_attempt_id, order.attempt);
  if (order.ports.empty()) return environment;
  environment.set(environment::k_port, std::to_string(order.ports.front()));
  environment.set(environment::k_ports, ports_in_text(order.ports));
  return environment;
}

// Says how a service ended that nobody told to end.
std::string how_it_ended(const supervision::AttemptResult& result) {
  const ProcessEnd& main = result.observation.main;
  switch (main.kind) {
    case ProcessEnd::Kind::exited:
      return "it ended with exit code " + std::to_string(main.code);
    case ProcessEnd::Kind::signalled:
      return "it was killed by " + signal_name(main.code);
    case ProcessEnd::Kind::never_started:
      if (main.code != 0) return to_text(os::system_error("start it", main.code));
      break;
  }
  // Nobody else could tell how it ended.
  return result.note.empty() ? "its guard was killed" : result.note;
}

// A server whose port somebody else has says so in words of its own, or says nothing.
std::string why_it_ended(const supervision::AttemptResult& result,
                         const ServiceCompanion& companion) {
  const std::string stranger = companion.stranger_at_its_place();
  return how_it_ended(result) + (stranger.empty() ? "" : "; " + stranger);
}

// A pipe that tells when the command of a service has gone to the background.
struct Background {
  os::UniqueFd told;   // for reading
  os::UniqueFd tells;  // for writing, inherited by the main process; invalid: it does not go there

  static Result<Background> open(bool forking) {
    Background background;
    if (!forking) return background;
    HOLDFAST_TRY(os::Pipe pipe, os::make_pipe());
    background.told = std::move(pipe.read);
    background.tells = std::move(pipe.write);
    (void)::fcntl(background.tells.get(), F_SETFD, 0);
    return background;
  }

  // Returns the words of the main process.
  ServiceCommand before(const wire::HostOrder& order) const {
    ServiceCommand words = order.before;
    words.insert(words.end(), order.spec.command.begin(), order.spec.command.end());
    if (!tells.valid()) return words;
    ServiceCommand all{os::own_program().value_or("holdfast"), "service-fork",
                       std::to_string(tells.get())};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
};

class Host {
 public:
  Host(wire::HostOrder order, os::UniqueFd keeper)
      : order_(std::move(order)),
        keeper_(std::move(keeper)),
        lines_(supervision::KeeperLink(os::UniqueFd(::fcntl(keeper_.get(), F_DUPFD_CLOEXEC, 0)))) {
    // The guard has these descriptors too, because it is forked. The service has not.
    for (const int kept : order_.kept) kept_.push_back(inherited(kept));
    network_ = inherited(order_.network);
    dependents_ = inherited(order_.dependents);
  }

  int run() {
    const Result<void> done = supervise();
    if (!done) report(to_text(done.error()));
    return done ? 0 : k_failed;
  }

 private:
  static os::UniqueFd inherited(int descriptor) {
    if (descriptor >= 0) (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return os::UniqueFd(descriptor);
  }

  Result<void> supervise() {
    (void)::setsid();
    // All that the service and its probes do is in its network.
    if (network_.valid()) {
      HOLDFAST_DO(os::join_network(network_.get()));
      network_.reset();
    }
    const os::CallersSignals callers = os::take_signals();
    HOLDFAST_TRY(os::SignalQueue signals, os::SignalQueue::open());
    const bool is_kept = !order_.kept_at.empty();
    // A reader of the output of `holdfast service start` must not wait for the end of this process.
    if (is_kept) os::leave_standard_streams();
    std::optional<Door> door;
    std::optional<os::HeldDirectory> tree;
    if (is_kept) {
      HOLDFAST_TRY(tree, os::HeldDirectory::open(order_.tree));
      HOLDFAST_TRY(door, Door::open(order_.kept_at));
    }
    if (const std::uint16_t port = fixed_port(order_.spec); port != 0) await_dying_listener(port);
    HOLDFAST_TRY(os::UniqueFd ctest, os::watch_process(is_kept ? os::own_name() : order_.ctest));
    HOLDFAST_TRY(ServiceLog log, ServiceLog::open(order_.log, order_.spec.log_limit));
    HOLDFAST_TRY(supervision::Capture output, supervision::Capture::open(true));
    if (::chdir(order_.spec.directory.c_str()) != 0) {
      return os::system_error("enter " + order_.spec.directory);
    }
    const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    (void)::dup2(null.get(), STDIN_FILENO);

    TestEnvironment environment = environment_of(order_);
    ServiceSurroundings around{order_, keeper_, ctest,
                               output, log,     os::entries_of(environment.environ())};
    if (const std::string& pattern = order_.spec.ready.output; !pattern.empty()) {
      HOLDFAST_TRY(around.ready_output, Pattern::compile(pattern));
    }
    HOLDFAST_TRY(Background background, Background::open(order_.spec.forking));
    around.background = std::move(background.told);
    around.dependents = std::move(dependents_);
    around.door = door ? &*door : nullptr;
    around.tree = tree ? &*tree : nullptr;
    ServiceCompanion companion(std::move(around));
    HOLDFAST_DO(companion.put_stop_on_record());
    supervision::Surroundings surroundings{callers, std::move(signals), {}};
    const supervision::AttemptResult result =
        run_attempt(plan(environment, output, background, companion), surroundings);
    if (!companion.is_explained()) companion.report_death(why_it_ended(result, companion));
    companion.finish();
    companion.run_stop_if_due(result.observation.own_failure);
    if (door) {
      (void)os::remove_own_directory(order_.scratch);  // what is in it stays
      door->remove();
    }
    supervision::bid_farewell(keeper_.get(), supervision::LentScratch::used);
    return {};
  }

  supervision::AttemptPlan plan(TestEnvironment& environment, supervision::Capture& output,
                                const Background& background, supervision::Companion& companion) {
    identity_.attempt = order_.attempt;
    identity_.test = order_.spec.name;
    identity_.launcher = os::own_name();
    words_ = background.before(order_);
    arguments_ = os::pointers_to(words_);
    supervision::AttemptPlan plan;
    plan.command = {arguments_.data(), environment.environ(), tag_number(order_.attempt)};
    plan.command.output = output.output();
    plan.command.errors = output.errors();
    plan.policy.grace = order_.spec.grace;
    plan.policy.scratch = Scratch::remove;
    plan.policy.containment = order_.containment;
    if (order_.must_be_contained) plan.policy.containment_missing = ContainmentMissing::fail;
    plan.contained.cgroup = order_.cgroup;
    plan.mode = ExitMode::ctest;
    plan.keeper = keeper_.get();
    plan.identity = &identity_;
    plan.timeout_signal = order_.spec.stop_signal;
    plan.timeout_grace = order_.spec.grace;
    plan.teller = &teller_;
    plan.companion = &companion;
    plan.is_plain = false;
    return plan;
  }

  // Tells the keeper that the service could not be started.
  void report(const std::string& why) {
    (void)os::send_message(keeper_.get(), to_message(wire::HostNews{.why = why}));
    supervision::bid_farewell(keeper_.get(), supervision::LentScratch::used);
  }

  wire::HostOrder order_;
  os::UniqueFd keeper_;
  supervision::AttemptIdentity identity_;
  std::vector<os::UniqueFd> kept_;
  os::UniqueFd network_;
  os::UniqueFd dependents_;
  ServiceCommand words_;
  std::vector<char*> arguments_;
  supervision::KeeperLink lines_;
  supervision::Teller teller_{&lines_, Loudness::normal};
};

}  // namespace

int be_service_host(int keeper) {
  os::UniqueFd connection(keeper);
  (void)::fcntl(keeper, F_SETFD, FD_CLOEXEC);
  // The keeper takes the end of the connection for the end of this process. So a duplicate keeps it
  // until this process has really ended.
  (void)::fcntl(keeper, F_DUPFD_CLOEXEC, 0);
  Result<wire::HostOrder> order = receive_order(connection);
  if (!order) {
    supervision::write_line("service-host: " + to_text(order.error()));
    return k_failed;
  }
  os::set_process_title("holdfast-host", {"holdfast", "service-host"});
  return Host(std::move(*order), std::move(connection)).run();
}

}  // namespace holdfast::host
