#include "doctor/tree/wishes.hpp"

#include <algorithm>

namespace holdfast::doctor {
namespace {

// The element of `all` for which `is_it` is true; else a new one.
template <typename T, typename IsIt>
T& find_or_add(std::vector<T>& all, IsIt is_it, T added) {
  const auto found = std::ranges::find_if(all, is_it);
  if (found != all.end()) return *found;
  all.push_back(std::move(added));
  return all.back();
}

void add_locks(const std::string& test, const std::vector<LockSpec>& locks, const LockHome& home,
               Wishes& wishes) {
  const Result<std::vector<LockSpec>> here = locks_at(home, locks);
  if (!here) return;
  for (const LockSpec& lock : *here) {
    wishes.locks[place_of(lock, home)].push_back(test);
    if (lock.scope != LockScope::machine) continue;
    const auto is_it = [&](const WantedMachineLock& one) { return one.name == lock.name; };
    find_or_add(wishes.rights.machine_locks, is_it, {lock.name}).tests.push_back(test);
  }
}

void add(const ListedTest& test, const Policy& policy, const LockHome& home, Wishes& wishes) {
  add_locks(test.name, policy.locks, home, wishes);
  for (const ServiceUse& use : policy.services) wishes.services[use.name].push_back(test.name);
  wishes.ports = wishes.ports || policy.ports > 0;
  // Namespaces are had together or not at all.
  for (const Containment part :
       {policy.containment.among(k_namespaces), policy.containment.without(k_namespaces)}) {
    if (!part.has_any()) continue;
    const auto is_it = [&](const WantedContainment& one) { return one.what == part; };
    find_or_add(wishes.rights.containments, is_it, {part}).tests.push_back(test.name);
  }
}

}  // namespace

Wishes wishes_of(const std::vector<ListedTest>& tests, const ProjectSettings& project,
                 const LockHome& home) {
  Wishes wishes;
  for (const ListedTest& test : tests) {
    if (test.is_disabled) continue;
    const Result<ResolvedPolicy> resolved = project.resolve(test.name, test.facts, test.said);
    if (!resolved) {
      wishes.refused[to_text(resolved.error())].push_back(test.name);
      continue;
    }
    add(test, resolved->policy, home, wishes);
    for (const std::string& warning : resolved->warnings) {
      wishes.ignored[warning].push_back(test.name);
    }
  }
  return wishes;
}

}  // namespace holdfast::doctor
