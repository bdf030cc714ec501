#include "locks/slot_lending.hpp"

#include <fcntl.h>
#include <algorithm>

#include "ctest/ctest_options.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/file_text.hpp"
#include "os/file/wait.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_command = 1U << 20U;

// Bounds the list; by then the run has so many tests without us that their slots do not matter.
constexpr std::size_t k_most_unconnected = 1000;

// Nobody tells us of the end of a test that has no connection to us.
constexpr Milliseconds k_look_interval{50};

// ctest reads one of these in its directory, and in the build tree.
bool limits_load_by_file(const std::string& directory) {
  for (const char* name : {"/CTestConfiguration.ini", "/DartConfiguration.tcl"}) {
    const Result<std::string> text = os::read_file(directory + name);
    if (text && configures_load(*text)) return true;
  }
  return false;
}

bool runs_now(const Connection& test) { return !test.attempt.empty() && !test.farewell; }

}  // namespace

SlotLending::SlotLending(const KeeperOrder& order)
    : order_(order), is_shared_(order.company == Company::possible || order.shares_tree) {}

void SlotLending::begin(os::UniqueFd socket, const Connection& asker,
                        const std::vector<Connection>& tests) {
  if (is_shared_ || !runs_now(asker) || asker.serial) return;
  if (!loans_) {
    const std::optional<std::size_t> jobs =
        jobs_to_lend(os::command_of(order_.ctest.pid, k_longest_command),
                     os::first_environment_of(order_.ctest.pid, k_longest_command));
    const bool may_lend = jobs && !limits_load_by_file(order_.tree) &&
                          (order_.directory.empty() || !limits_load_by_file(order_.directory));
    slots_ = may_lend ? *jobs : 0;
    loans_.emplace(slots_);
    // If an earlier keeper was killed, tests may run of which only it knew.
    const IsMeant is_meant = [this](pid_t, const os::ProcessStat& stat) {
      return is_launcher(stat) && stat.parent == order_.ctest.pid;
    };
    for (const os::NamedProcess& one : supervisors_of({order_.ctest}, is_meant).living()) {
      const Result<os::ProcessStat> stat = os::read_process_stat(one.pid);
      if (stat) unconnected_.push_back({{one.pid, stat->start}, slots_});
    }
  }
  if (slots_ < 2 || ::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return;
  borrowers_.push_back({std::move(socket), ++last_number_, asker.attempt});
  look(tests);
}

void SlotLending::note_bare(const Connection& test) {
  if (unconnected_.size() >= k_most_unconnected) return;
  unconnected_.push_back({test.launcher, test.serial ? k_most_slots_of_test : test.processors});
}

void SlotLending::join(os::Wait& wait) const {
  for (const Borrower& borrower : borrowers_) wait.on(borrower.socket.get());
  if (!loans_ || !loans_->is_wanted()) return;
  wait.until(loans_->due());
  if (!unconnected_.empty()) wait.until(looked_ + k_look_interval);
}

void SlotLending::look(const std::vector<Connection>& tests) {
  if (borrowers_.empty()) return;
  for (Borrower& borrower : borrowers_) {
    hear(borrower);
    const auto its = std::ranges::find(tests, borrower.attempt, &Connection::attempt);
    // The attempt is over, or another attempt of its test has followed.
    if (its == tests.end() || its->farewell) drop(borrower);
  }
  std::erase_if(borrowers_, [](const Borrower& borrower) { return !borrower.socket.valid(); });
  const Milliseconds now = os::monotonic_now();
  looked_ = now;
  loans_->tests_take(taken_by(tests), now);
  std::map<SlotLoans::Borrower, std::size_t> lent;
  for (const SlotLoans::Borrower number : loans_->lend(now)) ++lent[number];
  for (const auto& [number, count] : lent) tell(number, count);
}

void SlotLending::hear(Borrower& borrower) {
  while (os::is_readable(borrower.socket.get())) {
    const Result<wire::Message> message = os::receive_message(borrower.socket.get()).message;
    const Result<wire::Slots> slots = message ? wire::read<wire::Slots>(*message) : message.error();
    if (!slots) return drop(borrower);
    loans_->give_back(borrower.number, slots->back);
    loans_->want(borrower.number, slots->wanted);
  }
}

std::size_t SlotLending::taken_by(const std::vector<Connection>& tests) {
  std::size_t taken = 0;
  for (const Connection& test : tests) {
    if (!runs_now(test)) continue;
    if (test.serial) return slots_;
    taken += std::min(slots_, test.processors);
  }
  std::erase_if(unconnected_, [&](const Unconnected& one) {
    const bool is_connected = std::ranges::any_of(tests, [&](const Connection& test) {
      return runs_now(test) && test.launcher == one.process;
    });
    return is_connected || !os::is_alive(one.process);
  });
  for (const Unconnected& one : unconnected_) taken += std::min(slots_, one.slots);
  return taken;
}

void SlotLending::tell(SlotLoans::Borrower number, std::size_t count) {
  const auto borrower = std::ranges::find(borrowers_, number, &Borrower::number);
  const wire::Slots slots{.lent = count};
  // Whoever does not read is not waited for.
  if (!os::send_message(borrower->socket.get(), wire::to_message(slots))) drop(*borrower);
}

void SlotLending::drop(Borrower& borrower) {
  borrower.socket.reset();
  loans_->leave(borrower.number);
}

}  // namespace holdfast
