#include "keeper/tree/run_obstacle.hpp"

#include <algorithm>

#include "core/base/parts.hpp"

namespace holdfast {

std::string describe_run(const LockParty& run, std::int64_t now_unix_ms) {
  return "\"" + run.test + "\" (pid " + std::to_string(run.process.pid) + ", for " +
         describe(Milliseconds{now_unix_ms - run.since_unix_ms}) + ")";
}

std::string describe_run_obstacle(const RunObstacles& obstacles, std::int64_t now_unix_ms) {
  const std::vector<LockParty>& holders = obstacles.holders;
  const std::vector<LockParty>& waiters = obstacles.waiters;
  if (holders.empty()) return "a process that left no record";
  const bool could_share =
      obstacles.wanted == LockMode::shared && holders.front().mode == LockMode::shared;
  if (could_share && !waiters.empty() && waiters.front().ticket < obstacles.ticket) {
    return describe_run(waiters.front(), now_unix_ms) + ", which waits for it, too";
  }
  return describe_run(holders.front(), now_unix_ms) + and_more(holders.size() - 1);
}

bool names_tree(const LockParty& run, std::string_view tree) {
  // A record may hold only the beginning of a longer path (core/lock/lock_wait.hpp).
  constexpr std::size_t k_surely_whole = 256;
  if (run.tree.size() < k_surely_whole) return run.tree == tree;
  return tree.starts_with(run.tree);
}

bool is_among(const std::vector<LockParty>& parties, const LockParty& one) {
  return std::ranges::any_of(parties, [&](const LockParty& party) {
    return party.process == one.process && party.boot == one.boot;
  });
}

}  // namespace holdfast
