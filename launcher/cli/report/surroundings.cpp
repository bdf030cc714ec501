#include "cli/report/surroundings.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/bundle/bundle_names.hpp"
#include "os/file/file_text.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

std::string settings_text(const std::string& tree) {
  constexpr std::size_t k_largest = 1U << 20U;
  const std::optional<std::string> file = settings_file_of_tree(tree);
  if (!file) return {};
  const Result<std::string> text = os::read_file(*file, k_largest);
  return text ? *text : std::string();
}

// Lines of the cache that decide what is built and how. Values of other variables may be secrets.
std::string cmake_text(const std::string& tree) {
  constexpr std::string_view k_wanted[] = {"CMAKE_BUILD_TYPE:",
                                           "CMAKE_CACHE_MAJOR_VERSION:",
                                           "CMAKE_CACHE_MINOR_VERSION:",
                                           "CMAKE_COMMAND:",
                                           "CMAKE_CACHE_PATCH_VERSION:",
                                           "CMAKE_CONFIGURATION_TYPES:",
                                           "CMAKE_CTEST_COMMAND:",
                                           "CMAKE_CXX_COMPILER:",
                                           "CMAKE_CXX_FLAGS:",
                                           "CMAKE_C_COMPILER:",
                                           "CMAKE_C_FLAGS:",
                                           "CMAKE_GENERATOR:",
                                           "CMAKE_HOME_DIRECTORY:",
                                           "CMAKE_PROJECT_NAME:",
                                           "CMAKE_TOOLCHAIN_FILE:",
                                           "CMAKE_CACHEFILE_DIR:",
                                           "HOLDFAST_"};
  std::ifstream cache(tree + "/CMakeCache.txt");
  std::string text;
  for (std::string line; std::getline(cache, line);) {
    for (const std::string_view wanted : k_wanted) {
      if (line.starts_with(wanted)) text += line + '\n';
    }
  }
  return text;
}

std::string machine_text() {
  nlohmann::ordered_json machine;
  utsname system{};
  if (::uname(&system) == 0) {
    machine["name"] = valid_utf8(system.nodename);
    machine["system"] = system.sysname;
    machine["release"] = system.release;
    machine["version"] = system.version;
    machine["machine"] = system.machine;
  }
  machine["cores"] = ::sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) {
    machine["usable_cores"] = CPU_COUNT(&usable);
  }
  machine["memory_kb"] = ::sysconf(_SC_PHYS_PAGES) / 1024 * ::sysconf(_SC_PAGESIZE);
  return machine.dump(1) + '\n';
}

}  // namespace

std::vector<BundledText> surroundings_of(const std::string& tree) {
  std::vector<BundledText> texts{{bundle_names::k_machine, machine_text()}};
  if (std::string text = settings_text(tree); !text.empty()) {
    texts.push_back({bundle_names::k_settings, std::move(text)});
  }
  if (std::string text = cmake_text(tree); !text.empty()) {
    texts.push_back({bundle_names::k_cmake, std::move(text)});
  }
  return texts;
}

}  // namespace holdfast::cli
