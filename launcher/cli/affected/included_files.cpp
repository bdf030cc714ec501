#include "cli/affected/included_files.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/affected/include_names.hpp"
#include "core/affected/path_pattern.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t k_largest_source = 16 * 1024 * 1024;

// A project may be in /usr/src.
bool is_of_system(std::string_view path) {
  return path.starts_with("/usr/include/") || path.starts_with("/usr/lib/");
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::optional<std::vector<std::string>> IncludedFiles::of(
    const std::vector<std::string>& files, const std::vector<std::string>& directories) {
  std::vector<std::string> all;
  std::unordered_set<std::string> known;
  const auto add = [&](std::string path) {
    if (!is_of_system(path) && known.insert(path).second) all.push_back(std::move(path));
  };
  for (const std::string& file : files) add(file);
  for (std::size_t i = 0; i < all.size(); ++i) {
    // What the build makes may be made anew, and the build knows what it is made from.
    const std::string file = all[i];
    const Included& included = included_by(file);
    if (!included) return std::nullopt;
    for (const std::string& name : *included) {
      const auto try_in = [&](const std::string& directory) {
        // `..` after a link leads to where the link leads.
        std::string path = name.find("..") == std::string::npos
                               ? joined_path(directory, name)
                               : names_.of(text_of({directory, "/", name}));
        if (is_there(path)) add(std::move(path));
      };
      try_in(directory_of(file));
      for (const std::string& directory : directories) try_in(directory);
    }
  }
  return all;
}

const IncludedFiles::Included& IncludedFiles::included_by(const std::string& path) {
  const auto [found, is_new] = included_.try_emplace(path);
  if (!is_new) return found->second;
  const Result<std::string> text = os::read_file(path, k_largest_source);
  if (text) {
    found->second = included_names(*text);
  } else if (is_made_(names_.of(path))) {
    found->second.emplace();  // whatever needs it is in doubt, because it is not built
  }
  return found->second;
}

bool IncludedFiles::is_there(const std::string& path) {
  const auto [found, is_new] = there_.try_emplace(path);
  std::error_code failed;
  if (is_new) {
    found->second = std::filesystem::is_regular_file(path, failed) || is_made_(names_.of(path));
  }
  return found->second;
}

}  // namespace holdfast::cli
