#include "exec/base/variables.hpp"

namespace holdfast::exec {

bool is_variable(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
}

std::string_view variable_in(char** environment, std::string_view name, std::string_view unset) {
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (is_variable(*entry, name)) return std::string_view(*entry).substr(name.size() + 1);
  }
  return unset;
}

std::string_view variable_in(const std::vector<std::string>& entries, std::string_view name) {
  for (const std::string& entry : entries) {
    if (is_variable(entry, name)) return std::string_view(entry).substr(name.size() + 1);
  }
  return {};
}

}  // namespace holdfast::exec
