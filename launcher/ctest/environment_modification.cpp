#include "ctest/environment_modification.hpp"
#include "base/environment.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

using Entries = std::vector<std::string>;

std::optional<std::string> value_of(const Entries& entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, [](const auto& e) { return name_in(e); });
  if (found == entries.end()) return std::nullopt;
  return found->substr(name.size() + 1);
}

void put(Entries& entries, std::string_view name, const std::optional<std::string>& value) {
  const auto found = std::ranges::find(entries, name, [](const auto& e) { return name_in(e); });
  if (!value) {
    if (found != entries.end()) entries.erase(found);
    return;
  }
  std::string entry = std::string(name) + "=" + *value;
  if (found == entries.end()) {
    entries.push_back(std::move(entry));
  } else {
    *found = std::move(entry);
  }
}

// `before` and `after` with the separator between, if there is something on both sides.
std::string joined(std::string before, std::string_view separator, std::string_view after) {
  if (!before.empty() && !after.empty()) before += separator;
  return before.append(after);
}

}  // namespace

ModifiedEnvironment::ModifiedEnvironment(Entries inherited) : entries_(std::move(inherited)) {
  std::erase_if(entries_, [](const std::string& e) { return e.find('=') == std::string::npos; });
}

void ModifiedEnvironment::set(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  const bool unsets = equals == std::string_view::npos;
  put(entries_, name_in(entry),
      unsets ? std::nullopt : std::optional(std::string(entry.substr(equals + 1))));
}

void ModifiedEnvironment::modify(std::string_view entry) {
  if (!std::exchange(modified_, true)) unmodified_ = entries_;
  std::string_view value = entry;
  const std::string_view name = take_part(value, '=');
  const std::string_view operation = take_part(value, ':');
  const std::string now = value_of(entries_, name).value_or("");
  const std::string text(value);
  if (operation == "reset") return put(entries_, name, value_of(unmodified_, name));
  if (operation == "set") return put(entries_, name, text);
  if (operation == "unset") return put(entries_, name, std::nullopt);
  if (operation == "string_append") return put(entries_, name, now + text);
  if (operation == "string_prepend") return put(entries_, name, text + now);
  const bool of_paths = operation.starts_with("path_list_");
  if (!of_paths && !operation.starts_with("cmake_list_")) return;
  const std::string_view separator = of_paths ? ":" : ";";
  if (operation.ends_with("_append")) put(entries_, name, joined(now, separator, text));
  if (operation.ends_with("_prepend")) put(entries_, name, joined(text, separator, now));
}

}  // namespace holdfast
