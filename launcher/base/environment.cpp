

#include "base/environment.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_prefix = "HOLDFAST_";

// Whether an enclosing attempt set this entry: it names a file in that attempt's marker directory.
bool is_of(std::string_view markers, std::string_view entry) {
  const std::string_view name = name_in(entry);
  if (name != environment::k_googletest_runs && name != environment::k_googletest_output) {
    return false;
  }
  return text_after(entry, markers).starts_with('/');
}

}  // namespace

bool is_variable(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
}

std::string_view variable_in(const char* const* environment, std::string_view name,
                             std::string_view unset) {
  for (const char* const* entry = environment; *entry != nullptr; ++entry) {
    if (is_variable(*entry, name)) return value_in(*entry);
  }
  return unset;
}

bool is_holdfasts_own(std::string_view name) { return name.starts_with(k_prefix); }

bool passes_to_test(std::string_view entry) {
  if (!entry.starts_with(k_prefix)) return true;
  const std::string_view name = name_in(entry);
  return name == environment::k_disable || name == environment::k_profile ||
         name == environment::k_log ||
         name == environment::k_cluster_endpoints;  // for runs that the test starts
}

TestEnvironment::TestEnvironment(char** inherited) {
  std::string_view markers_around;
  for (char** entry = inherited; *entry != nullptr; ++entry) {
    if (passes_to_test(*entry)) {
      entries_.push_back(*entry);
    } else if (const std::string_view text = *entry; name_in(text) == environment::k_marker_dir) {
      markers_around = text.substr(std::min(text.size(), environment::k_marker_dir.size() + 1));
    }
  }
  if (markers_around.empty()) return;
  std::erase_if(entries_, [&](const char* entry) { return is_of(markers_around, entry); });
}

void TestEnvironment::set(std::string_view name, std::string_view value) {
  own_.push_back(text_of({name, "=", value}));
}

bool TestEnvironment::has(std::string_view name) const {
  return std::ranges::any_of(entries_,
                             [&](std::string_view entry) { return is_variable(entry, name); });
}

bool TestEnvironment::set_if_absent(std::string_view name, std::string_view value) {
  if (has(name)) return false;
  set(name, value);
  return true;
}

char** TestEnvironment::environ() {
  for (std::string& entry : own_) entries_.push_back(entry.data());
  entries_.push_back(nullptr);
  return entries_.data();
}

}  // namespace holdfast
