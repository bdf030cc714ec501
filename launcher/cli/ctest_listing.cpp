#include "cli/ctest_listing.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <system_error>

#include "cli/listing_json.hpp"
#include "core/base/printable.hpp"
#include "core/base/words.hpp"
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

namespace {

// Some tests cannot even be listed without a configuration (gtest_discover_tests() with PRE_TEST).
std::string missing_configuration(const ListingOrder& order) {
  const auto chooses_one = [](const std::string& option) {
    return option.starts_with("-C") || option.starts_with("--build-config");
  };
  const std::vector<std::string> known = configurations_of(order.directory);
  if (known.empty() || std::ranges::any_of(order.options, chooses_one)) return {};
  return ", which has several configurations (expected -C " + alternatives(known) + ")";
}

}  // namespace

Result<Listing> ask_for_tests(const ListingOrder& order) {
  os::BoundedOrder bounded;
  bounded.words = {order.ctest};
  bounded.words.insert(bounded.words.end(), order.options.begin(), order.options.end());
  bounded.words.push_back(order.format);
  bounded.directory = order.directory;
  bounded.environment = order.variables;
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
  if (listed.kind != os::BoundedEnd::Kind::exited || listed.code != 0) {
    // Warnings may come before what is wrong, and the line is cut off.
    const std::size_t error = std::min(listed.errors.find("CMake Error"), listed.errors.size());
    const std::string why =
        in_one_line(error < listed.errors.size() ? listed.errors.substr(error) : listed.errors);
    return ErrorInWords{"ctest " + order.format + " failed in " + order.directory +
                        missing_configuration(order) + (why.empty() ? "" : ": " + brief(why))};
  }
  return Listing{std::move(listed.output), std::move(listed.errors)};
}

Result<std::string> list_tests(const ListingOrder& order) {
  Result<Listing> listing = ask_for_tests(order);
  if (!listing) return listing.error();
  return std::move(listing->text);
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
    return listing_not_understood();
  }
}

}  // namespace holdfast::cli
