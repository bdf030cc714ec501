// Sets of numbers: one as an ascending vector, and many that are joined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace holdfast {

// Sorts the numbers, and leaves each in once.
inline void make_ascending_set(std::vector<std::size_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

// Sets that are joined until all that hangs together is in one (union-find).
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : above_(count) {
    std::iota(above_.begin(), above_.end(), std::size_t{0});
  }

  // A member that stands for the set; the same for all members.
  std::size_t set_of(std::size_t member) {
    while (above_[member] != member) member = above_[member] = above_[above_[member]];
    return member;
  }

  void join(std::size_t one, std::size_t other) {
    one = set_of(one);
    other = set_of(other);
    // The first member stands for the set, so the result does not depend on the order of joins.
    if (one < other) above_[other] = one;
    if (other < one) above_[one] = other;
  }

 private:
  std::vector<std::size_t> above_;
};

}  // namespace holdfast
