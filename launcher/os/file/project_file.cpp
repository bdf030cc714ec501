#include "os/file/project_file.hpp"

#include <cstddef>

#include "core/base/names.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::os {

std::optional<std::string> source_of_tree(const std::string& tree) {
  constexpr std::size_t k_longest = 16 * 1024;
  const Result<std::string> text =
      read_own((tree == "/" ? "" : tree) + "/" + std::string(names::k_project_file), k_longest);
  if (!text) return std::nullopt;
  const std::size_t first_end = text->find('\n');
  if (first_end == std::string::npos) return std::nullopt;
  const std::size_t begin = first_end + 1;
  std::string source = text->substr(begin, text->find('\n', begin) - begin);
  if (source.empty() || source[0] != '/') return std::nullopt;
  return source;
}

}  // namespace holdfast::os
