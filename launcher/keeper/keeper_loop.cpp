#include "keeper/keeper_loop.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cleanup/orphans.hpp"
#include "cleanup/stopped_supervisors.hpp"
#include "cluster/cluster_client.hpp"
#include "keeper/attempt_grants.hpp"
#include "keeper/fixture_containments.hpp"
#include "locks/slot_lending.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"
#include "run/run_lock.hpp"
#include "run/run_log.hpp"
#include "services/run_services.hpp"
#include "settings/declared_services.hpp"

namespace holdfast {
namespace {

// A launcher or guard ends its tree within the grace. We wait this much longer.
constexpr Milliseconds k_dismissal_patience{2000};
// The last launcher ends before ctest does. We see its end within this time.
constexpr Milliseconds k_news_patience{100};

// All waits together leave room for the other fields of a reply (wire::k_longest_message).
constexpr std::size_t k_most_waits = 40 * 1024;
// A wait in a message takes at most this much beside its texts: names and lengths of its fields.
constexpr std::size_t k_beside_texts = 80;

RunSettings settings_of_run(const KeeperOrder& order) {
  return order.settings ? order.settings->run() : RunSettings{};
}

// Whether `asker`, a launcher or `holdfast end`, still has its end of the connection open.
bool is_there(const Connection& asker) { return !os::is_hung_up(asker.socket.get()); }

// What the profile says for tests, without its overrides. It holds for services, too.
Policy policy_of_all(const KeeperOrder& order) {
  if (!order.settings) return {};
  return resolve(values_of(order.settings->settings(), {}), {}).value_or({}).policy;
}

// The project is where holdfast.toml is or would be.
ProjectPlace place_of(const KeeperOrder& order) {
  const std::optional<std::string> file = settings_file_of_tree(order.tree);
  return {file ? file->substr(0, file->rfind('/')) : std::string(), order.tree};
}

Result<std::vector<ServiceSpec>> services_of(const KeeperOrder& order) {
  if (!order.settings) return order.settings.error();
  return services_of_tree(order.settings->settings(), order.tree, order.configuration);
}

// They are blocked, and only logged: the keeper ends with ctest alone.
void log_signals() {
  while (const os::ReceivedSignal got = os::take_pending(os::k_ending_signals)) {
    os::log(LogLevel::info, {"got ", signal_name(got.number), " from ",
                             os::named_sender(got.source, got.sender, got.user),
                             "; the keeper ends with ctest alone"});
  }
}

wire::Message refusal(const Error& why) {
  return wire::Message(wire::k_refusal, {{"why", to_text(why)}});
}

class KeeperLoop {
 public:
  KeeperLoop(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest)
      : order_(order),
        listener_(std::move(listener)),
        ctest_(std::move(ctest)),
        signals_(os::watch_signals(os::k_ending_signals).value_or({})),
        tree_lock_(order_.run_lock),
        lines_(order_.ctest),
        run_({order_.tree, order_.ctest, order_.lock_trouble, settings_of_run(order_),
              order_.inside, order_.directory,
              // Whether other runs may be at work in the tree. Without the tree's lock that is
              // possible, and the tests then take no locks against tests of other runs.
              order_.company == Company::possible || order_.run_lock < 0, RunsOf::ctest,
              order_.planned},
             lines_),
        services_(services_of(order_),
                  {order_.tree, order_.ctest, lines_, orphans_, KeepsAll::no,
                   policy_of_all(order_).containment, policy_of_all(order_).containment_missing}),
        fixtures_(order_.tree, order_.ctest),
        memory_(settings_of_run(order_).oom_events),
        stale_(place_of(order_)),
        slots_(order_),
        cluster_(order_.settings ? Result<ClusterSettings>(order_.settings->settings().cluster)
                                 : order_.settings.error()),
        hands_out_ports_(services_.lock_ports()) {
    if (order_.summary_by == KeeperOrder::SummaryBy::keeper) {
      lines_.hold_stderr();
    } else {
      // We begin the run before the first test, so that there is a run even if no launcher contacts
      // us.
      services_.begin(run_.at(k_count_not_known));
    }
    if (order_.settings && !order_.settings->note().empty()) lines_.say(order_.settings->note());
    if (const auto level = os::log_level_of_environment(); !level) {
      lines_.say_once("ignoring " + to_text(environment::k_log, level.error()));
    }
  }

  void run() {
    while (!ctest_ended_ && !is_in_another_tree_) wait_for_news();
    if (!is_in_another_tree_) finish_after_ctest();
    if (!run_.last_closed().empty()) {
      const SaidAtEnd said = order_.after_runs(
          {order_.tree, run_.first_closed(), run_.last_closed(), settings_of_run(order_).reports});
      if (!said.text.empty()) lines_.print(said.text);
      if (!said.trouble.empty()) lines_.say(said.trouble);
    }
    remove_locks_of(tests_apart_, order_.tree);
    if (hands_out_ports_) os::remove_unused_port_locks();
  }

 private:
  void wait_for_news() {
    os::Wait wait{ctest_.get(), listener_.get(), signals_.get()};
    wait.until(lines_.due());
    wait.until(log_turn_.due());
    for (const Connection& connection : connections_) connection.join(wait);
    services_.join(wait);
    slots_.join(wait);
    fixtures_.join(wait);
    if (wait.go() < 0) return;
    for (Connection& connection : connections_) {
      if (const short news = wait.news(connection.socket.get())) attend_to(connection, news);
      if (os::is_readable(connection.launcher_life.get())) connection.expect_end();
      if (connection.guard_until != k_longest) hurry_guard_of(connection);
      if (os::is_readable(connection.guard.fd())) connection.guard.guard_died();
      if (connection.guard.look(order_.ctest)) {
        os::log_about(connection.test, connection.attempt, LogLevel::info,
                      {"its guard has died, and its launcher is stopped: kills it"});
        kill_launcher(connection.launcher);
      }
    }
    log_signals();
    services_.look();
    answer_for_services();
    fixtures_.look();
    offer_networks();
    std::erase_if(connections_, [](const Connection& c) { return !c.socket.valid(); });
    slots_.look(connections_);
    orphans_.reap_helpers(OrphanHelpers::Reap::those_through);
    if (wait.news(listener_.get()) != 0) accept_one();
    ctest_ended_ = ctest_ended_ || wait.news(ctest_.get()) != 0;
    if (!ctest_ended_ && os::monotonic_now() >= lines_.due()) lines_.say_held_back();
    log_turn_.look(order_.ctest);
  }

  void hurry_guard_of(Connection& connection) {
    if (os::monotonic_now() < connection.guard_until) return;
    connection.guard_until = k_longest;
    os::log_about(
        connection.test, connection.attempt, LogLevel::info,
        {"its launcher has died, and its guard does not end the attempt in time: kills it"});
    (void)kill_forsaken_guard({order_.ctest, run_.include_count()}, connection.attempt);
  }

  void accept_one() {
    Result<os::UniqueFd> socket = os::accept_from(listener_);
    // The socket's directory has mode 0700. So besides us only root can get here, and root is
    // welcome.
    if (socket && os::is_peer_trusted(*socket)) {
      connections_.emplace_back().socket = std::move(*socket);
    }
  }

  // Serves messages, and handles the end of the connection. `news`: the events that poll(2)
  // returned.
  void attend_to(Connection& connection, short news) {
    while (serve(connection)) {
      // Without POLLHUP, more messages may come later. With POLLHUP, all that is left to read is
      // there already.
      if ((news & POLLHUP) == 0) return;
    }
    connection.socket.reset();
    leave_services(connection, Farewell::red);
    // A guard that keeps leftovers stays after the farewell. If we killed that guard, the leftovers
    // are alive, and the attempt is not over.
    const bool is_over = connection.farewell && !guards_killed_;
    if (connection.attempt.empty() || is_over) return;
    // Launcher and guard share the other end of the connection. That end is closed, so both are
    // dead, and the attempt is not over.
    if (connection.shared_set) fixtures_.keep_tmp(*connection.shared_set);
    const KilledBy killer = killer_of(os::age_of(connection.launcher), connection.soonest_end,
                                      ctest_died() ? CtestIs::dead : CtestIs::alive);
    os::log_about(connection.test, connection.attempt, LogLevel::info,
                  {"launcher and guard are gone, and the attempt was not over: ", name_of(killer),
                   "; what is left is ended"});
    orphans_.look_after(std::move(connection), run_.journal(), killer, order_.ctest, lines_);
    connection = {};
  }

  // Serves one message. False when the connection has ended.
  bool serve(Connection& connection) {
    os::ReceivedMessage received = os::receive_message(connection.socket.get());
    if (received.is_over) return false;
    const Result<wire::Message>& message = received.message;
    if (os::logs(LogLevel::trace)) {
      os::log_about(connection.test, connection.attempt, LogLevel::trace,
                    {"got the message ", message ? message->kind : to_text(message.error())});
    }
    if (!message) {
      return static_cast<bool>(os::send_message(connection.socket.get(), refusal(message.error())));
    }
    if (take(*message, received.descriptor, connection)) return true;
    Result<wire::Message> answered = answer(*message, connection);
    wire::Message reply = answered ? std::move(*answered) : refusal(answered.error());
    if (reply.kind.empty()) return true;
    const std::string_view question = message->get(wire::k_question);
    if (!question.empty()) reply.add(wire::k_question, question);
    // Watches the launcher before the reply lets it go on: soon after, it may be dead.
    if (!connection.attempt.empty())
      connection.launcher_life = os::watch_living(connection.launcher.pid);
    if (os::send_message(connection.socket.get(), reply)) return true;
    // The launcher has given us up and runs its test by itself. The grant never reached it.
    if (message->kind == wire::k_request) connection.attempt.clear();
    return false;
  }

  // Takes a message that has no answer. False: it is a question.
  bool take(const wire::Message& message, os::UniqueFd& descriptor, Connection& from) {
    if (message.kind == wire::k_hold) {
      from.locks.push_back(std::move(descriptor));
    } else if (message.kind == wire::k_alone && descriptor.valid()) {
      tree_lock_ = std::move(descriptor);
    } else if (message.kind == wire::k_log) {
      log_turn_.begin(std::move(descriptor));
    } else if (message.kind == wire::Slots::k_kind) {
      slots_.begin(std::move(descriptor), from, connections_);
    } else if (message.kind == cluster::k_connect) {
      // Without it, holdfast-etcd would seem to be dead.
      if (descriptor.valid()) cluster_.connect(std::move(descriptor));
    } else if (message.kind == wire::AttemptWait::k_kind) {
      if (Result<wire::AttemptWait> wait = wire::read<wire::AttemptWait>(message))
        from.wait = *wait;
    } else if (message.kind == wire::k_contain) {
      from.contained = std::move(descriptor);
      from.cgroup = message.get("cgroup");
    } else {
      return false;
    }
    return true;
  }

  Result<wire::Message> answer(const wire::Message& message, Connection& asker) {
    if (message.kind == wire::k_request) {
      HOLDFAST_TRY(const wire::AttemptRequest request, wire::to_request(message));
      return grant(request, asker);
    }
    if (message.kind == wire::Farewell::k_kind) {
      HOLDFAST_TRY(const wire::Farewell farewell, wire::read<wire::Farewell>(message));
      const wire::CameOut came_out = farewell.came_out;
      if (!asker.farewell) {
        stale_.look(StalePrograms::Point::end, asker, run_.journal());
        // Now nobody waits for it.
        if (Run* const run = run_.current())
          run->note_program(asker.key, stale_.fingerprint(asker));
      }
      asker.end_attempt();
      if (came_out == wire::CameOut::bare) slots_.note_bare(asker);
      const bool is_green = came_out == wire::CameOut::passed || came_out == wire::CameOut::skipped;
      leave_services(asker, is_green ? Farewell::green : Farewell::red);
      // The guard says this for a launcher that was killed.
      const bool is_guards = came_out == wire::CameOut::not_said && !farewell.is_scratch_empty;
      if (is_guards && asker.shared_set) fixtures_.keep_tmp(*asker.shared_set);
      if (run_.current() != nullptr) note_farewell(came_out, asker, *run_.current());
      if (run_.scratch() != nullptr && farewell.is_scratch_empty) {
        run_.scratch()->give_back(std::exchange(asker.scratch, {}));
      }
      return wire::Message();
    }
    if (message.kind == wire::Line::k_kind) {
      lines_.say_for({asker.test, asker.attempt}, message);
      return wire::Message();
    }
    if (message.kind == wire::MemoryQuestion::k_kind) return memory_.answer(message, asker);
    if (message.kind == wire::Again::k_kind && run_.current() != nullptr) {
      stale_.look(StalePrograms::Point::end, asker, run_.journal());
      leave_services(asker, Farewell::red);
      HOLDFAST_TRY(const wire::Again question, wire::read<wire::Again>(message));
      const wire::Again reply = answer_again(question, asker, *run_.current(), lines_);
      if (wire::is_granted(reply)) note_start(asker);
      return wire::to_message(reply);
    }
    if (std::optional<wire::Message> reply = services_.answer(message, asker)) {
      answer_for_services();
      return std::move(*reply);
    }
    if (message.kind == wire::k_network) {
      asker.awaits_network = true;
      offer_networks();
      return wire::Message();
    }
    if (message.kind == wire::EndAnswer::k_kind) return end_of_run(asker);
    if (message.kind == wire::k_remembered) {
      run_.note_remembered();
      return wire::Message();
    }
    if (message.kind == wire::Status::k_kind) return status();
    if (message.kind == wire::NextTree::k_kind) return next_tree(message, asker);
    if (message.kind == wire::k_alone) return let_go_of_shared_tree();
    return ErrorInWords{"a " + message.kind + " message is not understood"};
  }

  wire::Message grant(const wire::AttemptRequest& request, Connection& asker) {
    wire::AttemptGrant granted = grant_attempt(request, order_.settings, order_.company,
                                               run_of(request.include_count, asker), lines_);
    services_.begin(*run_.current());
    if (granted.refusal.empty()) granted.refusal = services_.refusal(granted.policy.services);
    if (!request.program.empty()) granted.program = googletest_.look_at(request.program);
    if (order_.company == Company::possible) tests_apart_.insert(request.key);
    if (granted.policy.ports > 0) hands_out_ports_ = true;
    if (granted.refusal.empty()) {
      granted.refusal = network_refusal(granted.policy);
      fixtures_.share(request, granted, asker);
    }
    asker.begin_attempt(request, granted);
    note_start(asker);
    wire::Message grant = wire::to_message(granted);
    // Without an answer the launcher would run the test without its locks.
    if (std::string why = why_too_long(grant, "the settings of the test"); !why.empty()) {
      granted.policy = {};
      granted.refusal = std::move(why);
      grant = wire::to_message(granted);
    }
    return grant;
  }

  void end_earlier_run(const Connection& asker) {
    end_tests(&asker);
    run_.close(Run::Completeness::complete);
    stale_.forget();
  }

  // The run of that include count. If it is a later run, ends the earlier one first.
  Run& run_of(unsigned include_count, const Connection& asker) {
    if (run_.is_over_at(include_count)) end_earlier_run(asker);
    Run& run = run_.at(include_count);
    // ctest opens its log before its first test. While ctest waits for the asker, no log but this
    // run's is open.
    if (run_.may_have_log()) run_.take_log([&] { return is_there(asker); });
    return run;
  }

  // An attempt of the asker begins.
  void note_start(Connection& asker) {
    memory_.note_start(asker);
    stale_.look(StalePrograms::Point::start, asker, run_.journal());
  }

  wire::Message end_of_run(const Connection& asker) {
    lines_.say_held_back();
    end_tests(&asker);
    run_.take_log([&] { return is_there(asker); });
    if (order_.shares_tree) forget_run(tree_lock_, order_.ctest);
    wire::EndAnswer answer;
    answer.summary = lines_.take_summary(run_.finish_for_end());
    answer.run = run_.id();
    answer.log = os::log_target();
    answer.reports = settings_of_run(order_).reports;
    const Run& run = *run_.current();
    answer.lacks_tests = run.selected_nothing() && policy_of_all(order_).no_tests == NoTests::fail;
    answer.unlike_choice = run.unlike_choice();
    return wire::to_message(answer);
  }

  wire::Message status() const {
    wire::Status status{.tree = order_.tree, .ctest = order_.ctest, .services = services_.states()};
    std::size_t room = k_most_waits;
    for (const Connection& one : connections_) {
      wire::AttemptWait wait = services_.wait_of(one.use);
      if (wait.names.empty()) wait = one.wait;
      const std::size_t size =
          one.attempt.size() + wait.names.size() + wait.why.size() + k_beside_texts;
      if (wait.names.empty() || size > room) continue;
      room -= size;
      status.waits.push_back({one.attempt, std::move(wait)});
    }
    status.run = run_.id();
    status.journal = run_.journal();
    return to_message(status);
  }

  // ctest goes on: with another run of this tree, with tests of the same run, or with another tree.
  Result<wire::Message> next_tree(const wire::Message& message, const Connection& asker) {
    HOLDFAST_TRY(wire::NextTree comes, wire::read<wire::NextTree>(message));
    const bool is_ours = comes.tree == order_.tree;
    const wire::Message reply = wire::to_message(wire::TreeAnswer{.serves = is_ours});
    if (is_ours && comes.next == wire::ComesNext::tests) return reply;
    // We answer before we end what is left. The asker then knows that we serve it, and waits until
    // the remaining processes have had their graces.
    (void)os::send_message(asker.socket.get(), reply);
    end_earlier_run(asker);
    if (is_ours && comes.next == wire::ComesNext::run) {
      order_.configuration = std::move(comes.configuration);
      return begin_next_run(asker);
    }
    if (is_ours) return reply;
    forget_run(tree_lock_, order_.ctest);
    is_in_another_tree_ = true;
    return wire::Message();
  }

  // To be called when the earlier run has ended, while ctest waits for `asker` and has its log
  // open.
  wire::Message begin_next_run(const Connection& asker) {
    // A script may have configured the tree anew.
    services_.declare(services_of(order_));
    // If the asker is gone, ctest no longer waits, and no run is begun.
    run_.take_log([&] { return is_there(asker); });
    if (Run* run = run_.current()) run->settle_log();
    return wire::to_message(wire::TreeAnswer{.serves = true, .log = os::log_target()});
  }

  wire::Message let_go_of_shared_tree() {
    if (!order_.shares_tree) return wire::Message(wire::k_alone);
    forget_run(tree_lock_, order_.ctest);
    tree_lock_.reset();
    order_.shares_tree = false;
    return wire::Message(wire::k_alone, {{"let_go", "1"}});
  }

  // Tells all connections but `asker` (null: all) that the run is over, and waits until they are
  // gone. The others are guards that keep leftovers, and launchers of a ctest that died. Then ends
  // the services, and what fixtures share.
  void end_tests(const Connection* asker) {
    for (const Connection& connection : connections_) {
      // Launchers end with their tests. Usually only a guard that keeps leftovers is still there.
      if (&connection != asker && connection.socket.valid()) {
        (void)os::send_message(connection.socket.get(), wire::Message(wire::EndAnswer::k_kind));
      }
    }
    // A stopped launcher keeps its guard from ending the tree. A stopped guard keeps the tree
    // alive. So both are killed.
    const RunOfCtest run{order_.ctest, run_.include_count()};
    bool all_gone = wait_for_connections(asker);
    if (!all_gone && kill_launchers_of(run)) all_gone = wait_for_connections(asker);
    if (!all_gone && kill_guards_of(run)) {
      guards_killed_ = true;
      (void)wait_for_connections(asker);
    }
    orphans_.reap_helpers(OrphanHelpers::Reap::all);
    services_.end();
    fixtures_.end_run(run_.include_count());
  }

  // Waits until all connections but `asker` are gone. True: they are. Without `patience`, waits at
  // most for the longest of their graces and a little more.
  bool wait_for_connections(const Connection* asker) {
    Milliseconds grace{0};
    for (const Connection& connection : connections_) grace = std::max(grace, connection.grace);
    return wait_for_connections(asker, grace + k_dismissal_patience);
  }

  bool wait_for_connections(const Connection* asker, Milliseconds patience) {
    const Milliseconds until = os::monotonic_now() + patience;
    while (true) {
      os::Wait wait({}, until);
      for (const Connection& connection : connections_) {
        if (&connection != asker) wait.on(connection.socket.get());
      }
      if (wait.descriptors().empty()) return true;
      if (wait.time_left() == 0 || wait.go() < 0) return false;
      for (Connection& connection : connections_) {
        const short news = &connection == asker ? 0 : wait.news(connection.socket.get());
        if (news != 0) attend_to(connection, news);
      }
    }
  }

  bool ctest_died() const { return os::is_readable(ctest_.get()) && !run_.has_all_tests(); }

  void finish_after_ctest() {
    lines_.ctest_has_ended();
    if (ctest_died()) {
      lines_.say_end_of_ctest(running_tests());
    } else {
      lines_.say_held_back();
    }
    // A process that reads ctest's output to its end must not wait while we tidy up. The last
    // launcher may have ended already without our knowledge, so we first wait a moment for that
    // news.
    if (!wait_for_connections(nullptr, k_news_patience)) lines_.let_go();
    end_tests(nullptr);
    run_.close(ctest_died() ? Run::Completeness::incomplete : Run::Completeness::complete);
  }

  std::vector<std::string> running_tests() const {
    std::vector<std::string> running;
    for (const Connection& connection : connections_) {
      if (!connection.attempt.empty() && !connection.farewell) running.push_back(connection.test);
    }
    return running;
  }

  // What tests share with their services, and with tests that fixtures connect with them.

  // Why a test cannot reach its services. Empty: it can.
  std::string_view network_refusal(const Policy& policy) const {
    const bool has_network = policy.containment.has(Boundary::netns);
    if (policy.services.empty() || has_network == services_.has_network()) return {};
    return has_network
               ? "containment = \"netns\" is not in the profile, so its services are outside of "
                 "its network"
               : "its services have a network of their own, as the profile says, and the test "
                 "is outside of it: it needs containment = \"netns\", too";
  }

  // The network that a test shares. A set of fixtures with a test that uses services is in the
  // network of the services.
  os::SharedNetwork& network_of(const Connection& connection) {
    const std::optional<std::size_t>& set = connection.shared_set;
    const bool is_of_services = !set || !connection.services.empty() ||
                                (services_.has_network() && fixtures_.uses_services(*set));
    return is_of_services ? services_.network() : fixtures_.network(*set);
  }

  void offer_networks() {
    for (Connection& one : connections_) {
      if (one.awaits_network && one.socket.valid()) {
        one.awaits_network = !send_network(one.socket.get(), network_of(one));
      }
    }
  }

  // The test of the connection does not use its services any more.
  void leave_services(Connection& connection, Farewell farewell) {
    if (connection.use == 0) return;
    services_.leave(std::exchange(connection.use, 0), farewell);
    answer_for_services();
  }

  void answer_for_services() {
    for (const RunServices::Reply& reply : services_.take_replies()) {
      const auto asker = std::ranges::find(connections_, reply.use, &Connection::use);
      if (asker == connections_.end()) continue;
      (void)os::send_message(asker->socket.get(), reply.message);
    }
  }

  KeeperOrder order_;
  os::UniqueFd listener_;
  os::UniqueFd ctest_;
  // Those that the log tells of. Invalid: no descriptor is left, and signals are logged when
  // something else happens.
  os::UniqueFd signals_;
  os::UniqueFd tree_lock_;
  RunLines lines_;
  std::vector<Connection> connections_;
  OrphanHelpers orphans_;
  CurrentRun run_;
  RunServices services_;
  FixtureContainments fixtures_;
  GoogletestPrograms googletest_;
  MemoryWatch memory_;
  StalePrograms stale_;
  SlotLending slots_;
  ClusterClient cluster_;
  bool hands_out_ports_;  // or a launcher does; so there are files to be removed
  LogTurn log_turn_;
  std::set<std::string> tests_apart_;  // keys of the tests that had a lock to keep them apart
  bool ctest_ended_ = false;
  // ctest went on with another tree, whose keeper waits for our end.
  bool is_in_another_tree_ = false;
  bool guards_killed_ = false;  // guards that were stuck at the end of a run
};

}  // namespace

void serve_as_keeper(const KeeperOrder& order, const std::string& path, os::UniqueFd listener,
                     os::UniqueFd ctest, const std::function<void()>& begun) {
  KeeperLoop loop(order, std::move(listener), std::move(ctest));
  begun();
  loop.run();
  (void)os::remove_own(path);
  // The loop is not destroyed: its connections and the tree's lock end after the path is gone.
  ::_exit(0);
}

}  // namespace holdfast
