#include "cli/listed_test.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/environment.hpp"
#include "core/base/file_name.hpp"
#include "os/file/system_call.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::json;

// The ctest of the CMake that configured the tree.
std::string ctest_of(const std::string& tree) {
  constexpr std::string_view k_key = "CMAKE_CTEST_COMMAND:INTERNAL=";
  std::ifstream cache(tree + "/CMakeCache.txt");
  std::string line;
  while (std::getline(cache, line)) {
    if (line.starts_with(k_key)) return line.substr(k_key.size());
  }
  return "ctest";
}

// Reads `HOLDFAST_P_TIMEOUT=set:30`, as attach.cmake puts it into ENVIRONMENT_MODIFICATION.
// `keeps_own` becomes true if ctest's default limit does not apply to the test.
void read_modification(std::string_view text, ListedTest& test, bool& keeps_own) {
  namespace env = environment;
  const std::size_t equals = text.find("=set:");
  if (equals == std::string_view::npos || !text.starts_with(env::k_property_prefix)) return;
  const std::string_view name = text.substr(0, equals);
  if (name == env::k_property_native_limit || name == env::k_property_kept_limit) keeps_own = true;
  learn(name.substr(env::k_property_prefix.size()), text.substr(equals + 5), test.facts, test.said);
}

void read_property(const Json& property, ListedTest& test, bool& keeps_own) {
  const Json& value = property.at("value");
  if (property.at("name") == "ENVIRONMENT_MODIFICATION") {
    for (const Json& entry : value) {
      read_modification(entry.get_ref<const std::string&>(), test, keeps_own);
    }
  } else if (property.at("name") == "LABELS") {
    test.facts.labels.clear();  // ENVIRONMENT_MODIFICATION may have told the labels already
    for (const Json& label : value) {
      if (!test.facts.labels.empty()) test.facts.labels += ',';
      test.facts.labels += encode_file_name(label.get_ref<const std::string&>());
    }
  }
}

// Throws if the JSON is not ctest's.
std::optional<ListedTest> find_in(const std::string& listing, std::string_view name) {
  const Json json = Json::parse(listing.substr(std::min(listing.size(), listing.find("{\n"))));
  for (const Json& entry : json.at("tests")) {
    if (entry.at("name") != name) continue;
    ListedTest test;
    bool keeps_own = false;
    for (const Json& property : entry.at("properties")) {
      read_property(property, test, keeps_own);
    }
    if (keeps_own) test.facts.default_timeout.clear();
    return test;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<ListedTest>> read_listing(const std::string& listing, std::string_view test) {
  try {
    return find_in(listing, test);
  } catch (const Json::exception&) {
    return ErrorInWords{"ctest's list of tests was not understood"};
  }
}

Result<std::optional<ListedTest>> listed_test(const std::string& tree, std::string_view test) {
  os::BoundedOrder order;
  order.words = {ctest_of(tree), "--test-dir", tree, "--show-only=json-v1"};
  order.environment = {std::string(environment::k_explain) + "=1"};
  for (char** entry = ::environ; *entry != nullptr; ++entry) order.environment.emplace_back(*entry);
  order.time = k_longest;
  order.most_output = std::numeric_limits<std::size_t>::max();
  order.errors_apart = true;
  const os::BoundedEnd listed = os::run_bounded(order);
  if (listed.kind == os::BoundedEnd::Kind::not_started) {
    return os::system_error("run " + order.words[0], listed.code);
  }
  if (listed.kind != os::BoundedEnd::Kind::exited || listed.code != 0) {
    return ErrorInWords{"ctest --show-only=json-v1 failed in " + tree};
  }
  return read_listing(listed.output, test);
}

}  // namespace holdfast::cli
