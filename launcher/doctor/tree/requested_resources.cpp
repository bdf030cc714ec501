#include "doctor/tree/requested_resources.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/namespaces.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::doctor {
namespace {

// The element of `all` whose first member is this; else a new one.
template <typename T, typename First>
T& find_or_add(std::vector<T>& all, First T::*first, const First& wanted) {
  const auto found = std::ranges::find(all, wanted, first);
  return found != all.end() ? *found : all.emplace_back(T{wanted});
}

void add_locks(const std::string& test, const std::vector<LockSpec>& locks, const LockHome& home,
               RequestedResources& requested) {
  const Result<std::vector<LockSpec>> here = locks_at(home, locks);
  if (!here) return;
  for (const LockSpec& lock : *here) {
    requested.locks[place_of(lock, home)].push_back(test);
    if (lock.scope != LockScope::machine) continue;
    find_or_add(requested.rights.machine_locks, &WantedMachineLock::name, lock.name)
        .tests.push_back(test);
  }
}

void add(const ListedTest& test, const Policy& policy, const LockHome& home,
         RequestedResources& requested) {
  add_locks(test.name, policy.locks, home, requested);
  for (const ServiceUse& use : policy.services) requested.services[use.name].push_back(test.name);
  requested.ports = requested.ports || policy.ports > 0;
  // Namespaces are had together or not at all.
  for (const Containment part :
       {policy.containment.among(k_namespaces), policy.containment.without(k_namespaces)}) {
    if (!part.has_any()) continue;
    find_or_add(requested.rights.containments, &WantedContainment::what, part)
        .tests.push_back(test.name);
  }
}

std::string trouble_with(Containment what) {
  const Result<void> may =
      what.has(Boundary::cgroup) ? os::Cgroup::may_make() : os::Namespaces::may_make(what);
  return may ? std::string() : to_text(may.error());
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// The directories of a lock are made one by one, with the rights of the one above.
std::string trouble_with_machine_lock(const std::string& name) {
  const std::string top(names::k_machine_directory);
  // Root would make it.
  if (!is_there(top) && ::geteuid() == 0) return {};
  if (const Result<os::UniqueFd> opened = os::open_machine_directory(); !opened) {
    return to_text(opened.error());
  }
  const LockSpec lock{name, LockMode::exclusive, 1, 1, LockScope::machine};
  const std::string locks = top + "/" + std::string(names::k_user_locks_directory);
  std::string path = locks + "/" + place_of(lock, {}) + "/" + std::string(names::k_lock_file);
  while (path.size() > top.size() && !is_there(path)) path.erase(path.rfind('/'));
  if (::access(path.c_str(), W_OK) == 0) return {};
  return to_text(os::system_error("write to " + path));
}

std::string advice_for(Containment what) {
  return what.has(Boundary::cgroup) ? "start ctest in a cgroup of its own, or take the setting away"
                                    : "allow user namespaces (user.max_user_namespaces, "
                                      "kernel.unprivileged_userns_clone, "
                                      "kernel.apparmor_restrict_unprivileged_userns), "
                                      "or take the setting away";
}

}  // namespace

RequestedResources wishes_of(const std::vector<ListedTest>& tests, const ProjectSettings& project,
                             const LockHome& home) {
  RequestedResources requested;
  for (const ListedTest& test : tests) {
    if (test.is_disabled) continue;
    const Result<ResolvedPolicy> resolved = project.resolve(test.name, test.properties, test.said);
    if (!resolved) {
      requested.refused[to_text(resolved.error())].push_back(test.name);
      continue;
    }
    add(test, resolved->policy, home, requested);
    for (const std::string& warning : resolved->warnings) {
      requested.ignored[warning].push_back(test.name);
    }
  }
  return requested;
}

void look_at_rights(Rights& rights) {
  for (WantedContainment& wanted : rights.containments) wanted.trouble = trouble_with(wanted.what);
  for (WantedMachineLock& wanted : rights.machine_locks) {
    wanted.trouble = trouble_with_machine_lock(wanted.name);
  }
}

Findings check_rights(const Rights& rights) {
  Findings all;
  for (const WantedContainment& wanted : rights.containments) {
    if (wanted.trouble.empty()) continue;
    all.push_back({Kind::containment_denied,
                   fmt::format("{} would run without containment = \"{}\": {}",
                               some_of(wanted.tests), to_text(wanted.what), wanted.trouble),
                   std::string(names::k_settings_file), advice_for(wanted.what),
                   wanted.what.has(Boundary::cgroup)
                       ? "systemd-run --user --scope -p Delegate=yes ctest"
                       : ""});
  }
  for (const WantedMachineLock& wanted : rights.machine_locks) {
    if (wanted.trouble.empty()) continue;
    all.push_back({Kind::machine_locks_denied,
                   fmt::format("{} cannot take the lock {}@machine: {}", some_of(wanted.tests),
                               wanted.name, wanted.trouble),
                   std::string(names::k_machine_directory),
                   "root makes the lock by taking it once (SECURITY.md)",
                   "sudo holdfast run --lock " + for_shell(wanted.name + "@machine") + " -- true"});
  }
  return all;
}

}  // namespace holdfast::doctor
