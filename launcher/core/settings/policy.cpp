#include "core/settings/policy.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/base/file_name.hpp"

namespace holdfast {
namespace {

template <typename Named>
std::optional<Named> named(std::string_view name, std::initializer_list<Named> all) {
  for (Named one : all) {
    if (name_of(one) == name) return one;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Containment> containment_named(std::string_view name) {
  return named(name, {Containment::none, Containment::cgroup, Containment::pidns});
}

std::string_view name_of(Containment containment) {
  switch (containment) {
    case Containment::none:
      return "none";
    case Containment::cgroup:
      return "cgroup";
    case Containment::pidns:
      return "pidns";
  }
  return "none";
}

std::optional<Scratch> scratch_named(std::string_view name) {
  return named(name, {Scratch::keep_failed, Scratch::keep, Scratch::remove});
}

std::string_view name_of(Scratch scratch) {
  switch (scratch) {
    case Scratch::keep_failed:
      return "keep-failed";
    case Scratch::keep:
      return "keep";
    case Scratch::remove:
      return "remove";
  }
  return "keep-failed";
}

std::vector<Variable> default_environment() {
  return {{"PYTHONFAULTHANDLER", "1"},
          {"RUST_BACKTRACE", "1"},
          {"UBSAN_OPTIONS", "print_stacktrace=1"}};
}

void set_variable(std::vector<Variable>& environment, const Variable& variable) {
  const auto same =
      std::find_if(environment.begin(), environment.end(),
                   [&](const Variable& known) { return known.name == variable.name; });
  if (variable.value.empty()) {
    if (same != environment.end()) environment.erase(same);
  } else if (same != environment.end()) {
    same->value = variable.value;
  } else {
    environment.push_back(variable);
  }
}

std::optional<OnLeak> on_leak_named(std::string_view name) {
  return named(name, {OnLeak::kill, OnLeak::fail, OnLeak::ignore});
}

std::string_view name_of(OnLeak on_leak) {
  switch (on_leak) {
    case OnLeak::kill:
      return "kill";
    case OnLeak::fail:
      return "fail";
    case OnLeak::ignore:
      return "ignore";
  }
  return "kill";
}

}  // namespace holdfast
