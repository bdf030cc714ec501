// Words and JSON that several answers use.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

#include "history/past_run.hpp"

namespace holdfast {

using Json = nlohmann::ordered_json;

// "name", "name #2", "name in batch". Safe for a terminal.
std::string title_of(const TestId& test);

// "failed: net_test.cpp: Expected equality": the outcome and the signature of the last failure.
std::string words_for(const PastResult& result);
std::string signature_for(const PastResult& result);

Json json_of(const TestId& test);

// A list of what `make` makes of each item.
template <typename Items, typename Make>
Json list_of(const Items& items, Make make) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(make(item));
  return list;
}

// As text, with a newline at its end. Bytes that are not UTF-8 become U+FFFD.
std::string dumped(const Json& json);

}  // namespace holdfast
