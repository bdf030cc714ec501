// The keeper's loop: answers launchers and `holdfast end` until ctest has ended.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cleanup/orphans.hpp"
#include "cluster/cluster_client.hpp"
#include "keeper/attempt_grants.hpp"
#include "keeper/fixture_containments.hpp"
#include "locks/slot_lending.hpp"
#include "os/file/descriptors.hpp"
#include "run/connections.hpp"
#include "run/keeper_socket.hpp"
#include "run/run.hpp"
#include "run/run_lines.hpp"
#include "run/run_log.hpp"
#include "services/run_services.hpp"
#include "settings/wire.hpp"

namespace holdfast {

class KeeperLoop {
 public:
  KeeperLoop(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest);

  // Blocks until ctest has ended or goes on with another tree, and the run is recorded.
  void run();

 private:
  void wait_for_news();
  void accept_one();
  void hurry_guard_of(Connection& connection);
  // Serves one message, or handles the end of the connection.
  void attend_to(Connection& connection, short news);  // the events that poll(2) returned
  // False when the connection has ended.
  bool serve(Connection& connection);
  // Takes a message that has no answer. False: it is a question.
  bool take(const wire::Message& message, os::UniqueFd& descriptor, Connection& from);
  wire::Message answer(const wire::Message& message, Connection& asker);
  wire::Message grant(const wire::AttemptRequest& request, Connection& asker);
  // Why a test cannot reach its services. Empty: it can.
  std::string_view network_refusal(const Policy& policy) const;
  // Lets the test share what its services and fixtures have.
  void share(const wire::AttemptRequest& request, wire::AttemptGrant& granted, Connection& asker);
  // The network that a test shares.
  os::SharedNetwork& network_of(const Connection& connection);
  void offer_networks();
  // An attempt of the asker begins.
  void note_start(Connection& asker);
  wire::Message end_of_run(const Connection& asker);
  // The test of the connection does not use its services any more.
  void leave_services(Connection& connection, Farewell farewell);
  void answer_for_services();
  wire::Message status() const;
  // ctest goes on: with another run of this tree, with tests of the same run, or with another tree.
  wire::Message next_tree(const wire::Message& message, const Connection& asker);
  wire::Message let_go_of_shared_tree();
  // To be called when the earlier run has ended, while ctest waits for `asker` and has its log
  // open.
  wire::Message begin_next_run(const Connection& asker);
  void end_earlier_run(const Connection& asker);
  // The run of that include count. If it is a later run, ends the earlier one first.
  Run& run_of(unsigned include_count, const Connection& asker);
  void finish_after_ctest();
  // Tells all connections but `asker` (null: all) that the run is over, and waits until they are
  // gone. The others are guards that keep leftovers, and launchers of a ctest that died. Then ends
  // the services, and what fixtures share.
  void end_tests(const Connection* asker);
  // Waits until all connections but `asker` are gone. True: they are. Without `patience`, waits at
  // most for the longest of their graces and a little more.
  bool wait_for_connections(const Connection* asker);
  bool wait_for_connections(const Connection* asker, Milliseconds patience);
  bool ctest_died() const;
  std::vector<std::string> running_tests() const;

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
  bool is_in_another_tree_ =
      false;                    // ctest went on with another tree, whose keeper waits for our end
  bool guards_killed_ = false;  // guards that were stuck at the end of a run
};

}  // namespace holdfast
