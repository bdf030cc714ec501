#include "cli/ctest_listing.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "core/base/printable.hpp"
#include "os/file/system_call.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {
namespace {

// CMake breaks its messages into lines.
std::string in_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

std::string cached_value(const std::string& tree, const std::string& name) {
  std::ifstream cache(tree + "/CMakeCache.txt");
  for (std::string line; std::getline(cache, line);) {
    if (!line.starts_with(name + ":")) continue;
    const std::size_t equals = line.find('=');
    return equals == std::string::npos ? std::string() : line.substr(equals + 1);
  }
  return {};
}

std::string ctest_of(const std::string& tree) {
  const std::string program = cached_value(tree, "CMAKE_CTEST_COMMAND");
  return program.empty() ? "ctest" : program;
}

Result<std::string> list_tests(const ListingOrder& order) {
  os::BoundedOrder bounded;
  bounded.words = {order.ctest};
  bounded.words.insert(bounded.words.end(), order.options.begin(), order.options.end());
  bounded.words.emplace_back("--show-only=json-v1");
  bounded.directory = order.directory;
  bounded.environment = order.variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    bounded.environment.emplace_back(*entry);
  }
  bounded.time = k_longest;
  bounded.most_output = std::numeric_limits<std::size_t>::max();
  bounded.errors_apart = true;
  os::BoundedEnd listed = os::run_bounded(bounded);
  if (listed.kind == os::BoundedEnd::Kind::not_started) {
    return os::system_error("run " + order.ctest, listed.code);
  }
  if (listed.kind != os::BoundedEnd::Kind::exited || listed.code != 0) {
    const std::string why = in_one_line(listed.errors);
    return ErrorInWords{"ctest --show-only=json-v1 failed in " + order.directory +
                        (why.empty() ? "" : ": " + brief(why))};
  }
  return std::move(listed.output);
}

std::string json_of(const std::string& listing) {
  return listing.substr(std::min(listing.size(), listing.find("{\n")));
}

Result<std::vector<std::string>> names_of(const std::string& listing) {
  try {
    std::vector<std::string> names;
    const nlohmann::json json = nlohmann::json::parse(json_of(listing));
    for (const auto& test : json.at("tests")) {
      names.push_back(test.at("name").get<std::string>());
    }
    return names;
  } catch (const nlohmann::json::exception&) {
    return ErrorInWords{"ctest's list of tests was not understood"};
  }
}

}  // namespace holdfast::cli
