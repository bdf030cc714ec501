#include "settings/test_values.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/names.hpp"
#include "core/base/test_environment.hpp"
#include "settings/retry_keys.hpp"
#include "settings/spelling.hpp"

namespace holdfast {
namespace {

const char* const k_expected_duration = R"(a duration such as 30, 1.5, "500ms", "5s" or "2m")";

std::optional<Said<Milliseconds>> read_duration(const NamedTable& named, std::string_view key,
                                                Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const Result<Milliseconds> duration = duration_of(*value);
  if (duration) return Said<Milliseconds>{*duration, origin_of(*value, named)};
  const auto* text = value->as_string();
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 text != nullptr ? in_quotes(text->get()) : duration.error().message,
                 k_expected_duration);
  return std::nullopt;
}

std::string trouble_with_name(std::string_view name) {
  if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos) {
    return "the name of a variable";
  }
  if (is_holdfasts_own(name)) return "no variable of Holdfast's own";
  return {};
}

std::vector<Said<Variable>> read_environment(const NamedTable& named, Complaints& complaints) {
  std::vector<Said<Variable>> environment;
  const toml::node* value = named.table.get("environment");
  if (value == nullptr) return environment;
  const std::string what = "environment in " + named.name;
  const toml::table* table = value->as_table();
  if (table == nullptr) {
    complaints.add(place_of(value->source()), what, describe_type(*value),
                   "a table of variables and their values");
    return environment;
  }
  for (const auto& [key, entry] : *table) {
    if (const std::string expected = trouble_with_name(key.str()); !expected.empty()) {
      complaints.add(place_of(key.source()), what, in_quotes(key.str()), expected);
      continue;
    }
    const auto* text = entry.as_string();
    if (text == nullptr || text->get().find('\0') != std::string::npos) {
      complaints.add(place_of(entry.source()), std::string(key.str()) + " in " + what,
                     text != nullptr ? in_quotes(text->get()) : describe_type(entry),
                     "a string (an empty one takes the variable out)");
      continue;
    }
    environment.push_back({{std::string(key.str()), text->get()}, origin_of(entry, named)});
  }
  return environment;
}

std::optional<Said<std::vector<LockSpec>>> read_locks(const NamedTable& named,
                                                      Complaints& complaints) {
  const toml::node* value = named.table.get("locks");
  if (value == nullptr) return std::nullopt;
  const std::string what = "locks in " + named.name;
  const std::string expected = R"(a list of locks such as "db", "db:shared" or "gpu:1/4@machine")";
  const toml::array* list = value->as_array();
  if (list == nullptr) {
    complaints.add(place_of(value->source()), what, describe_type(*value), expected);
    return std::nullopt;
  }
  std::vector<LockSpec> locks;
  for (const toml::node& entry : *list) {
    const auto* text = entry.as_string();
    const Result<LockSpec> lock =
        text != nullptr ? parse_lock_spec(text->get()) : Error{describe_type(entry)};
    if (lock) {
      locks.push_back(*lock);
    } else {
      complaints.add(place_of(entry.source()), what,
                     text != nullptr ? in_quotes(text->get()) : describe_type(entry), expected);
    }
  }
  const Result<std::vector<LockSpec>> canonical = canonical_locks(locks);
  if (!canonical) {
    complaints.add(place_of(value->source()), what, canonical.error().message, expected);
    return std::nullopt;
  }
  return Said<std::vector<LockSpec>>{*canonical, origin_of(*value, named)};
}

}  // namespace

TestValues read_test_values(const NamedTable& named, const std::vector<std::string>& other_keys,
                            Complaints& complaints) {
  std::vector<std::string> known{"timeout",     "grace",       "lock-timeout", "on-leak",
                                 "containment", "scratch",     "run-serial",   "no-tests",
                                 "isolation",   "environment", "locks"};
  known.insert(known.end(), retry_keys().begin(), retry_keys().end());
  known.insert(known.end(), other_keys.begin(), other_keys.end());
  complain_of_unknown_keys(named, known, complaints);
  TestValues values;
  values.timeout = read_duration(named, "timeout", complaints);
  values.grace = read_duration(named, "grace", complaints);
  values.lock_timeout = read_duration(named, "lock-timeout", complaints);
  values.on_leak =
      read_word(named, "on-leak", on_leak_named, R"("kill", "fail" or "ignore")", complaints);
  values.containment = read_word(named, "containment", containment_named,
                                 R"("none", "cgroup" or "pidns")", complaints);
  values.scratch = read_word(named, "scratch", scratch_named,
                             R"("keep-failed", "keep" or "remove")", complaints);
  values.run_serial = read_word(named, "run-serial", run_serial_named,
                                R"("run", "project", "user" or "machine")", complaints);
  values.no_tests = read_word(named, "no-tests", no_tests_named,
                              R"("keep", "pass", "fail" or "skip")", complaints);
  values.isolation =
      read_word(named, "isolation", isolation_named, R"("none", "process" or "fork")", complaints);
  values.retry = read_retry_values(named, complaints);
  values.environment = read_environment(named, complaints);
  values.locks = read_locks(named, complaints);
  return values;
}

}  // namespace holdfast
