#include "locks/slot_loans.hpp"

#include <algorithm>

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

}  // namespace holdfast
