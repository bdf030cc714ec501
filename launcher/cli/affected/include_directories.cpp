#include "cli/affected/include_directories.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/affected/command_reading.hpp"

namespace holdfast::cli {
namespace {

enum class Kind : std::uint8_t { nothing, directory, file };

constexpr std::array<std::string_view, 5> k_options{"-isystem", "-iquote", "-idirafter", "-include",
                                                    "-I"};

class Reader {
 public:
  explicit Reader(const std::string& tree) : tree_(tree) {}

  // `-I DIR`, `-IDIR`, `-isystem DIR` and the like. The path of a directory stands in a command for
  // nothing else.
  CompileCommand read(std::string output, const std::string& command) {
    CompileCommand read;
    read.output = std::move(output);
    CommandReader reader(tree_, [](const std::string&) { return std::optional<std::string>(); });
    reader.read({"sh", "-c", command});
    for (const CommandWord& word : std::move(reader).take().words) {
      read.is_elsewhere = read.is_elsewhere || word.text.starts_with('@');
      const std::string path = path_in(word.text);
      const Kind kind = path.empty() ? Kind::nothing : kind_of(path);
      if (kind == Kind::directory) read.directories.push_back(path);
      if (kind == Kind::file) read.files.push_back(path);
    }
    return read;
  }

 private:
  static std::string path_in(const std::string& word) {
    if (!word.starts_with('-')) return word;
    for (const std::string_view option : k_options) {
      if (word.starts_with(option)) return word.substr(option.size());
    }
    return {};
  }

  Kind kind_of(const std::string& path) {
    const auto [found, is_new] = kinds_.try_emplace(path, Kind::nothing);
    struct stat info {};
    const std::string whole = path.starts_with('/') ? path : tree_ + "/" + path;
    if (is_new && ::stat(whole.c_str(), &info) == 0) {
      found->second = S_ISDIR(info.st_mode) ? Kind::directory : Kind::file;
    }
    return found->second;
  }

  const std::string& tree_;
  std::unordered_map<std::string, Kind> kinds_;
};

}  // namespace

std::vector<CompileCommand> read_compile_commands(
    const std::string& text, const std::string& tree,
    const std::function<bool(std::string_view)>& is_needed) {
  std::vector<CompileCommand> commands;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return commands;
  Reader reader(tree);
  for (const auto& step : json) {
    std::string output = step.value("output", "");
    if (is_needed(output)) commands.push_back(reader.read(output, step.value("command", "")));
  }
  return commands;
}

}  // namespace holdfast::cli
