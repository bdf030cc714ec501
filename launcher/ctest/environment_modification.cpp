#include "ctest/environment_modification.hpp"
#include "base/environment.hpp"

#include <algorithm>
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
  if (found == entries.end()) return entries.push_back(std::move(entry));
  *found = std::move(entry);
}

// `before` and `after` with the separator between, if there is something on both sides.
std::string joined(std::string before, std::string_view separator, std::string_view after) {
  if (!before.empty() && !after.empty()) before += separator;
  return before.append(after);
}

// One entry of ENVIRONMENT_MODIFICATION. `unmodified`: what `reset` goes back to.
void modify(Entries& entries, std::string_view entry, const Entries& unmodified) {
  std::string_view value = entry;
  const std::string_view name = take_part(value, '=');
  const std::string_view operation = take_part(value, ':');
  const std::string now = value_of(entries, name).value_or("");
  const std::string text(value);
  if (operation == "reset") return put(entries, name, value_of(unmodified, name));
  if (operation == "set") return put(entries, name, text);
  if (operation == "unset") return put(entries, name, std::nullopt);
  if (operation == "string_append") return put(entries, name, now + text);
  if (operation == "string_prepend") return put(entries, name, text + now);
  const bool of_paths = operation.starts_with("path_list_");
  if (!of_paths && !operation.starts_with("cmake_list_")) return;
  const std::string_view separator = of_paths ? ":" : ";";
  if (operation.ends_with("_append")) put(entries, name, joined(now, separator, text));
  if (operation.ends_with("_prepend")) put(entries, name, joined(text, separator, now));
}

}  // namespace

Entries modified_environment(Entries inherited, const Entries& set, const Entries& modifications) {
  Entries entries = std::move(inherited);
  const auto has_no_value = [](std::string_view e) { return e.find('=') == std::string::npos; };
  std::erase_if(entries, has_no_value);
  for (const std::string_view entry : set) {
    put(entries, name_in(entry),
        has_no_value(entry) ? std::nullopt : std::optional(std::string(value_in(entry))));
  }
  const Entries unmodified = entries;
  for (const std::string_view entry : modifications) modify(entries, entry, unmodified);
  return entries;
}

}  // namespace holdfast
