#include "ctest/list_tests.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"
#include "settings/command_line.hpp"
#include "values/attach.hpp"

namespace holdfast::cli {
namespace {

// CMake breaks its messages into lines.
std::string in_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

// Some tests cannot even be listed without a configuration (gtest_discover_tests() with PRE_TEST).
std::string missing_configuration(const ListingOrder& order) {
  const auto chooses_one = [](const std::string& option) {
    return option.starts_with("-C") || option.starts_with("--build-config");
  };
  const std::vector<std::string> known = configurations_of(order.directory);
  if (known.empty() || std::ranges::any_of(order.options, chooses_one)) return {};
  return ", which has several configurations (expected -C " + alternatives(known) + ")";
}

// It keeps an object's fields in a list, and is built much faster.
using Json = nlohmann::ordered_json;

// Throws if `value` is no list of texts.
std::vector<std::string> texts_in(const Json& value) {
  return collected(value, [](const Json& text) { return text.get_ref<const std::string&>(); });
}

// Takes the launcher away from the front of the command. Only the launcher's words tell the key.
void read_command(std::vector<std::string> words, ListedTest& test) {
  const std::string_view program = words.empty() ? std::string_view() : words[0];
  const std::string_view name = program.substr(program.rfind('/') + 1);
  test.command = std::move(words);
  if (name != "holdfast-launcher" && name != "holdfast-exec") return;
  const Result<CommandLine> line =
      parse_command_line({test.command.begin() + 1, test.command.end()});
  if (!line) return;
  if (line->name == test.name) test.key = key_of(test.name, line->place);
  test.command.erase(test.command.begin(),
                     test.command.begin() + 1 + static_cast<long>(line->command_at));
}

// Reads `HOLDFAST_P_TIMEOUT=set:30`, as attach.cmake puts it into ENVIRONMENT_MODIFICATION.
// `keeps_own` becomes true if ctest's default limit does not apply to the test.
void read_modification(std::string_view text, ListedTest& test, bool& keeps_own) {
  namespace env = environment;
  if (!text.starts_with(env::k_property_prefix)) {
    test.modifications.emplace_back(text);
    return;
  }
  const std::size_t equals = text.find("=set:");
  if (equals == std::string_view::npos) return;
  const std::string_view name = text.substr(0, equals);
  if (name == env::k_property_native_limit || name == env::k_property_kept_limit) keeps_own = true;
  if (name == env::k_property_command) {
    const std::string_view path = text.substr(equals + 5);
    if (test.command.empty()) {
      test.missing = path;
    } else if (path.starts_with('/')) {
      test.command[0] = path;
    }
  }
  if (name == env::k_property_argument)
    test.missing_arguments.emplace_back(text.substr(equals + 5));
  learn(name.substr(env::k_property_prefix.size()), text.substr(equals + 5), test.properties,
        test.said);
}

void read_property(const Json& property, ListedTest& test, bool& keeps_own) {
  const Json& value = property.at("value");
  const Json& name = property.at("name");
  const std::pair<const char*, std::vector<std::string>&> lists[] = {
      {"ENVIRONMENT", test.environment},       {"FIXTURES_REQUIRED", test.schedule.required},
      {"FIXTURES_SETUP", test.schedule.setup}, {"FIXTURES_CLEANUP", test.schedule.cleanup},
      {"DEPENDS", test.schedule.depends},      {"REQUIRED_FILES", test.required_files}};
  for (const auto& [list, texts] : lists) {
    if (name == list) texts = texts_in(value);
  }
  if (name == "ENVIRONMENT_MODIFICATION") {
    for (const std::string& entry : texts_in(value)) read_modification(entry, test, keeps_own);
  } else if (name == "DISABLED") {
    test.is_disabled = value.get<bool>();
  } else if (name == "WORKING_DIRECTORY") {
    test.directory = value.get<std::string>();
  } else if (name == "LABELS") {
    // ENVIRONMENT_MODIFICATION may have told the labels already.
    test.properties.labels = separated(texts_in(value), ",", encode_file_name);
  }
}

// Both throw if the JSON is not ctest's.
ListedTest listed(const Json& entry) {
  ListedTest test;
  test.name = entry.at("name").get<std::string>();
  if (entry.contains("command")) read_command(texts_in(entry.at("command")), test);
  bool keeps_own = false;
  for (const Json& property : entry.at("properties")) {
    read_property(property, test, keeps_own);
  }
  if (keeps_own) test.properties.default_timeout.clear();
  return test;
}

}  // namespace

std::string cached_value(const std::string& tree, const std::string& name) {
  std::ifstream cache(tree + "/CMakeCache.txt");
  for (std::string line; std::getline(cache, line);) {
    if (line.starts_with(name + ":")) return std::string(value_in(line));
  }
  return {};
}

// By what was generated: a project may set CMAKE_CONFIGURATION_TYPES for itself, and the cache may
// have that variable where the generator knows only one configuration.
std::vector<std::string> configurations_of(const std::string& tree) {
  constexpr std::string_view k_begin = "build-";
  constexpr std::string_view k_end = ".ninja";
  std::vector<std::string> all;
  if (cached_value(tree, "CMAKE_GENERATOR") != "Ninja Multi-Config") return all;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(tree, failed)) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with(k_begin) || !name.ends_with(k_end)) continue;
    all.push_back(name.substr(k_begin.size(), name.size() - k_begin.size() - k_end.size()));
  }
  std::ranges::sort(all);
  return all;
}

std::string ctest_of(const std::string& tree) {
  const std::string program = cached_value(tree, "CMAKE_CTEST_COMMAND");
  return program.empty() ? "ctest" : program;
}

ListingOrder listing_of(const std::string& tree, const std::string& configuration) {
  ListingOrder order{ctest_of(tree), tree};
  if (!configuration.empty()) order.options = {"-C", configuration};
  return order;
}

Result<Listing> ask_for_tests(const ListingOrder& order) {
  os::BoundedOrder bounded;
  bounded.words = {order.ctest};
  bounded.words.insert(bounded.words.end(), order.options.begin(), order.options.end());
  bounded.words.push_back(order.format);
  bounded.directory = order.directory;
  bounded.environment = order.variables;
  bounded.environment.push_back(std::string(environment::k_explain) + "=1");
  std::ranges::move(os::own_environment(), std::back_inserter(bounded.environment));
  bounded.time = order.time;
  bounded.most_output = std::numeric_limits<std::size_t>::max();
  bounded.errors_apart = true;
  os::BoundedEnd listed = os::run_bounded(bounded);
  if (listed.kind == os::BoundedEnd::Kind::not_started) {
    return os::system_error("run " + order.ctest, listed.code);
  }
  if (listed.kind == os::BoundedEnd::Kind::too_late) {
    return ErrorInWords{"ctest " + order.format + " gave no answer within " + describe(order.time) +
                        " in " + order.directory};
  }
  if (!listed.ended_well()) {
    // Warnings may come before what is wrong, and the line is cut off.
    const std::size_t error = std::min(listed.errors.find("CMake Error"), listed.errors.size());
    const std::string why =
        in_one_line(error < listed.errors.size() ? listed.errors.substr(error) : listed.errors);
    return ErrorInWords{"ctest " + order.format + " failed in " + order.directory +
                        missing_configuration(order) + (why.empty() ? "" : ": " + brief(why))};
  }
  return Listing{std::move(listed.output), std::move(listed.errors)};
}

Result<std::vector<ListedTest>> all_listed(const std::string& listing) {
  try {
    const Json json = Json::parse(listing.substr(std::min(listing.size(), listing.find("{\n"))));
    std::vector<ListedTest> tests;
    for (const Json& entry : json.at("tests")) {
      tests.push_back(listed(entry));
      tests.back().number = tests.size();
    }
    return tests;
  } catch (const Json::exception&) {
    return listing_not_understood();
  }
}

Result<std::vector<ListedTest>> tests_of_tree(const std::string& tree,
                                              const std::string& configuration) {
  HOLDFAST_TRY(const Listing listing, ask_for_tests(listing_of(tree, configuration)));
  return all_listed(listing.text);
}

}  // namespace holdfast::cli
