#include "doctor/tree/settings.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/network/sockets.hpp"
#include "os/process/execute.hpp"
#include "services/port_owners.hpp"

namespace holdfast::doctor {
namespace {

// So many ports are tried when one is chosen; with fewer, the choice may find none.
constexpr unsigned k_few_ports = 100;

std::string condition_of(const SettingsOverride& override) {
  std::vector<std::string> parts;
  if (override.test) parts.push_back("test = " + brief_in_quotes(*override.test));
  if (override.label) parts.push_back("label = " + brief_in_quotes(*override.label));
  return separated(parts, " and ");
}

// The overrides that match a test, by their indices.
std::vector<bool> used_overrides(const Settings& settings, const std::vector<ListedTest>& tests) {
  std::vector<bool> used(settings.overrides.size(), false);
  const OverridePatterns patterns(settings);
  for (const ListedTest& test : tests) {
    for (const std::size_t index : patterns.matching(test.name, test.properties.labels)) {
      used[index] = true;
    }
  }
  return used;
}

bool matches_any(const std::string& pattern, const std::vector<ListedTest>& tests) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  return std::ranges::any_of(
      tests, [&](const ListedTest& test) { return compiled->is_found_in(test.name); });
}

Finding finding_of(const KnownFlaky& entry, Kind kind, const std::string& what,
                   const std::string& advice) {
  return {kind,
          fmt::format("the known flaky test {} ({}) {}", brief_in_quotes(entry.tests),
                      entry.flake.issue, what),
          entry.origin, advice};
}

void check_affected(const Settings& settings, const std::vector<ListedTest>& tests, Findings& all) {
  for (const AffectedRule& rule : settings.affected) {
    const std::vector<std::string> files = collected(rule.files, brief);
    for (const std::string& pattern : rule.tests) {
      if (matches_any(pattern, tests)) continue;
      all.push_back({Kind::affected_unused,
                     fmt::format("no test matches {} in [[affected]], so that changes of {} {}",
                                 brief_in_quotes(pattern), enumeration(files, " and "),
                                 "affect fewer tests than they should"),
                     rule.origin, "correct the pattern, or remove it"});
    }
  }
}

bool is_missing(const ServiceSpec& service) {
  if (service.command.empty()) return false;
  const std::string& word = service.command[0];
  if (word.find('{') != std::string::npos) return false;  // a placeholder
  if (word.find('/') == std::string::npos) return os::find_program(word).empty();
  const std::string path = word.starts_with('/') ? word : service.directory + "/" + word;
  return path.find('{') == std::string::npos && !os::is_program(path);
}

}  // namespace

Findings check_patterns(const Settings& settings, const std::vector<ListedTest>& tests,
                        const Day& today) {
  Findings all;
  const std::vector<bool> used = tests.empty() ? std::vector<bool>(settings.overrides.size(), true)
                                               : used_overrides(settings, tests);
  for (std::size_t i = 0; i < settings.overrides.size(); ++i) {
    const SettingsOverride& override = settings.overrides[i];
    if (used[i]) continue;
    all.push_back({Kind::override_unused,
                   fmt::format("no test matches the override with {}", condition_of(override)),
                   override.said.empty() ? settings.file : override.said.front().origin,
                   "correct the pattern (holdfast config --explain TEST shows what holds for a "
                   "test), or remove the override"});
  }
  for (const KnownFlaky& entry : settings.known_flaky) {
    if (has_expired(entry, today)) {
      all.push_back(finding_of(entry, Kind::flake_expired, "expired on " + to_text(entry.expires),
                               "mend the test and remove the entry, or set another date"));
    } else if (!tests.empty() && !matches_any(entry.tests, tests)) {
      all.push_back(finding_of(entry, Kind::flake_unused, "matches no test",
                               "correct the pattern, or remove the entry"));
    }
  }
  if (!tests.empty()) check_affected(settings, tests, all);
  return all;
}

Findings check_properties(const RequestedResources& requested) {
  Findings all;
  const auto add_each = [&](Kind kind, const std::map<std::string, TestNames>& tests_of) {
    for (const auto& [why, tests] : tests_of) {
      all.push_back({kind, some_of(tests) + ": " + why, "",
                     "correct the properties, or what holdfast.toml says",
                     "holdfast config --explain " + for_shell(tests.front())});
    }
  };
  add_each(Kind::test_refused, requested.refused);
  add_each(Kind::settings_ignored, requested.ignored);
  return all;
}

std::vector<SeenService> look_at_services(const std::vector<ServiceSpec>& services) {
  return collected(services, [](const ServiceSpec& one) {
    return SeenService{one, is_missing(one)};
  });
}

Findings check_services(const std::vector<SeenService>& services,
                        const RequestedResources& requested, const std::string& file) {
  Findings all;
  std::vector<std::string> names;
  for (const SeenService& service : services) {
    names.push_back(service.spec.name);
    if (!service.program_missing) continue;
    all.push_back({Kind::service_program_missing,
                   fmt::format("the program of service {} does not exist: {}", service.spec.name,
                               service.spec.command[0]),
                   service.spec.origin, "install it or build it, or correct the command"});
  }
  for (const auto& [name, tests] : requested.services) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string known = names.empty() ? std::string("none is declared")
                                            : "declared are " + enumeration(names, " and ");
    all.push_back(
        {Kind::service_refused,
         fmt::format("{} cannot run: there is no service {}, {}", some_of(tests), name, known),
         file,
         "declare it with holdfast_add_service() or in a table [service." + name +
             "], or correct the name"});
  }
  return all;
}

std::optional<LockParty> holder_of_port(std::uint16_t port) {
  const std::string directory =
      fmt::format("{}/{}/{}", os::user_directory_path(), names::k_user_locks_directory,
                  place_of(lock_of_port(port), {}));
  const std::optional<os::SurveyedLock> lock = os::survey_lock(directory, os::Strangers::leave_out);
  if (!lock || lock->holders.empty()) return std::nullopt;
  return lock->holders.front();
}

Ports look_at_ports(const std::vector<SeenService>& services, bool tests_get_ports,
                    const std::string& tree) {
  Ports ports;
  ports.are_chosen = tests_get_ports;
  const std::vector<TcpSocket> sockets = os::listening_sockets();
  for (const SeenService& service : services) {
    ports.are_chosen = ports.are_chosen || service.spec.ports > 0;
    const std::uint16_t port = fixed_port(service.spec);
    if (port == 0) continue;
    SeenPort seen{port, service.spec.name, service.spec.origin};
    const TcpSocket* const listener = listener_on(sockets, port);
    if (listener != nullptr) seen.listener = host::owner_of(host::listening_socket(*listener));
    const std::optional<LockParty> holder = holder_of_port(port);
    if (holder) seen.holder = describe_party(*holder);
    seen.is_of_tree = holder && holder->tree == tree;
    ports.all.push_back(std::move(seen));
  }
  ports.range = trimmed(os::read_file("/proc/sys/net/ipv4/ip_local_port_range").value_or(""), "\n");
  ports.choice = ports_below(ports.range).count;
  return ports;
}

Findings check_ports(const Ports& ports) {
  Findings all;
  for (const SeenPort& seen : ports.all) {
    if (!seen.holder.empty() && !seen.is_of_tree) {
      all.push_back({Kind::port_in_use,
                     fmt::format("service {} wants port {}, which {} has", seen.service, seen.port,
                                 seen.holder),
                     seen.origin, "its start waits until the other run ends", "holdfast status"});
    } else if (seen.holder.empty() && !seen.listener.empty()) {
      all.push_back({Kind::port_taken,
                     fmt::format("service {} cannot start: {}", seen.service, seen.listener),
                     seen.origin, "end that process, or give the service another port",
                     fmt::format("ss -ltnp 'sport = :{}'", seen.port)});
    }
  }
  if (ports.are_chosen && ports.choice < k_few_ports) {
    all.push_back({Kind::no_ports,
                   fmt::format("Holdfast has {} to choose from for tests and services: "
                               "ip_local_port_range is \"{}\"",
                               counted(ports.choice, "port"), ports.range),
                   "/proc/sys/net/ipv4/ip_local_port_range",
                   "as root, leave ports from 1024 on out of the range",
                   "sysctl -w net.ipv4.ip_local_port_range='32768 60999'"});
  }
  return all;
}

}  // namespace holdfast::doctor
