#include "hunting/culprit_search.hpp"

#include <algorithm>
#include <numeric>

namespace holdfast {
namespace {

constexpr int k_tries = 3;

class Search {
 public:
  Search(std::size_t count, const Probe& probe) : count_(count), probe_(probe) {}

  Result<Culprits> run() {
    using Kind = Culprits::Kind;
    HOLDFAST_TRY(const int alone, failures_of({}));
    if (alone != 0) return ended(alone == k_tries ? Kind::alone : Kind::unstable);
    HOLDFAST_TRY(const int after_all, failures_of(beginning(count_)));
    if (after_all != k_tries) return ended(after_all == 0 ? Kind::never : Kind::unstable);
    std::size_t end = count_;
    do {
      HOLDFAST_TRY(const std::size_t shortest, shortest_beginning(end));
      // It passes with those that were found, and failed with nothing more than these before.
      if (shortest == 0) return ended(Kind::unstable);
      end = shortest - 1;
      found_.insert(found_.begin(), end);
      HOLDFAST_TRY(const bool is_enough, fails(found_));
      if (is_enough) return checked();
    } while (end > 0);
    return ended(Kind::unstable);
  }

 private:
  Culprits ended(Culprits::Kind kind) const { return {kind, {}, runs_}; }

  static std::vector<std::size_t> beginning(std::size_t size) {
    std::vector<std::size_t> indexes(size);
    std::iota(indexes.begin(), indexes.end(), std::size_t{0});
    return indexes;
  }

  Result<bool> fails(const std::vector<std::size_t>& before) {
    ++runs_;
    return probe_(before);
  }

  Result<int> failures_of(const std::vector<std::size_t>& before) {
    int failures = 0;
    for (int i = 0; i < k_tries; ++i) {
      HOLDFAST_TRY(const bool failed, fails(before));
      failures += failed ? 1 : 0;
      // One of each is enough to know.
      if (failures != 0 && failures != i + 1) break;
    }
    return failures;
  }

  // The size of the shortest beginning, of at most `end`, with which it fails together with those
  // that were found. It is known to fail with all of `end`, and to pass with none.
  Result<std::size_t> shortest_beginning(std::size_t end) {
    std::size_t passes = 0;
    std::size_t fails_with = end;
    while (fails_with - passes > 1) {
      const std::size_t middle = passes + (fails_with - passes) / 2;
      std::vector<std::size_t> before = beginning(middle);
      before.insert(before.end(), found_.begin(), found_.end());
      HOLDFAST_TRY(const bool failed, fails(before));
      (failed ? fails_with : passes) = middle;
    }
    return fails_with;
  }

  // Leaves out what is not needed: a later one may have made an earlier one needless.
  Result<Culprits> checked() {
    for (std::size_t i = 0; found_.size() > 1 && i < found_.size();) {
      std::vector<std::size_t> fewer = found_;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      HOLDFAST_TRY(const bool failed, fails(fewer));
      if (failed) {
        found_ = std::move(fewer);
      } else {
        ++i;
      }
    }
    // It has failed with these once. A flaky one would pass now and then.
    for (int i = 1; i < k_tries; ++i) {
      HOLDFAST_TRY(const bool failed, fails(found_));
      if (!failed) return ended(Culprits::Kind::unstable);
    }
    return Culprits{Culprits::Kind::found, found_, runs_};
  }

  std::size_t count_;
  const Probe& probe_;
  std::vector<std::size_t> found_;  // ascending
  std::size_t runs_ = 0;
};

}  // namespace

Result<Culprits> find_culprits(std::size_t count, const Probe& probe) {
  return Search(count, probe).run();
}

}  // namespace holdfast
