#include "cli/listed_test.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/ctest_listing.hpp"
#include "core/base/environment.hpp"
#include "core/base/file_name.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::json;

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
  const Json json = Json::parse(json_of(listing));
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
  ListingOrder order{ctest_of(tree), tree};
  order.variables = {std::string(environment::k_explain) + "=1"};
  const Result<std::string> listing = list_tests(order);
  if (!listing) return listing.error();
  return read_listing(*listing, test);
}

}  // namespace holdfast::cli
