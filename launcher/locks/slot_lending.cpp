#include "locks/slot_lending.hpp"

#include <fcntl.h>

#include <algorithm>

#include "ctest/ctest_options.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast {

namespace {

std::size_t sum_of(const auto& counted) {
  std::size_t sum = 0;
  for (const auto& one : counted) sum += one.count;
  return sum;
}

}  // namespace

void SlotLoans::tests_take(std::size_t taken, Milliseconds now) {
  taken = std::min(taken, slots_);
  if (taken < taken_) rests_.push_back({now + k_slot_rest, taken_ - taken});
  // ctest has started a test in a slot that was left.
  for (std::size_t more = taken - std::min(taken, taken_); more > 0 && !rests_.empty();) {
    const std::size_t used = std::min(more, rests_.front().count);
    rests_.front().count -= used;
    more -= used;
    if (rests_.front().count == 0) rests_.pop_front();
  }
  taken_ = taken;
}

void SlotLoans::want(Borrower who, std::size_t count) {
  const auto known = std::ranges::find(queue_, who, &Share::who);
  if (known == queue_.end()) {
    if (count > 0) queue_.push_back({who, count});
  } else if (count > 0) {
    known->count = count;
  } else {
    queue_.erase(known);
  }
}

void SlotLoans::give_back(Borrower who, std::size_t count) {
  const auto loan = std::ranges::find(loans_, who, &Share::who);
  if (loan == loans_.end()) return;
  loan->count -= std::min(loan->count, count);
  if (loan->count == 0) loans_.erase(loan);
}

void SlotLoans::leave(Borrower who) {
  want(who, 0);
  std::erase_if(loans_, [who](const Share& loan) { return loan.who == who; });
}

std::vector<SlotLoans::Borrower> SlotLoans::lend(Milliseconds now) {
  while (!rests_.empty() && rests_.front().until <= now) rests_.pop_front();
  const std::size_t busy = taken_ + sum_of(rests_) + lent();
  std::vector<Borrower> lucky;
  for (std::size_t idle = slots_ - std::min(slots_, busy); idle > 0 && !queue_.empty(); --idle) {
    Share want = queue_.front();
    queue_.pop_front();
    lucky.push_back(want.who);
    auto loan = std::ranges::find(loans_, want.who, &Share::who);
    if (loan == loans_.end()) loan = loans_.insert(loan, Share{want.who, 0});
    ++loan->count;
    if (--want.count > 0) queue_.push_back(want);
  }
  return lucky;
}

std::size_t SlotLoans::lent() const { return sum_of(loans_); }

Milliseconds SlotLoans::due() const {
  return queue_.empty() || rests_.empty() ? k_longest : rests_.front().until;
}

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
