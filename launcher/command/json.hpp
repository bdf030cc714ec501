// JSON as commands print it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace holdfast {

using Json = nlohmann::ordered_json;

// A list of what `make` makes of each item.
template <typename Items, typename Make = std::identity>
Json json_list(const Items& items, Make make = {}) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(std::invoke(make, item));
  return list;
}

// Bytes that are not UTF-8 become U+FFFD.
// In one line without blanks.
std::string compact(const Json& json);
// In indented lines, each with a newline at its end.
std::string dumped(const Json& json);

}  // namespace holdfast
