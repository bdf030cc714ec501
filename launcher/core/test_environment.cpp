#include "core/test_environment.hpp"

#include "core/environment.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_prefix = "HOLDFAST_";

}  // namespace

bool passes_to_test(std::string_view entry) {
  if (entry.substr(0, k_prefix.size()) != k_prefix) return true;
  const std::string_view name = entry.substr(0, entry.find('='));
  return name == environment::k_disable || name == environment::k_profile ||
         name == environment::k_log;
}

TestEnvironment::TestEnvironment(char** inherited) {
  for (char** entry = inherited; *entry != nullptr; ++entry) {
    if (passes_to_test(*entry)) entries_.push_back(*entry);
  }
}

void TestEnvironment::set(std::string_view name, std::string_view value) {
  std::string entry;
  entry.reserve(name.size() + value.size() + 1);
  entry += name;
  entry += '=';
  entry += value;
  own_.push_back(std::move(entry));
}

void TestEnvironment::set_if_absent(std::string_view name, std::string_view value) {
  for (const char* entry : entries_) {
    const std::string_view text = entry;
    if (text.size() > name.size() && text[name.size()] == '=' &&
        text.substr(0, name.size()) == name) {
      return;
    }
  }
  set(name, value);
}

char** TestEnvironment::environ() {
  for (std::string& entry : own_) entries_.push_back(entry.data());
  entries_.push_back(nullptr);
  return entries_.data();
}

}  // namespace holdfast
