#include "affected/step_commands.hpp"

#include <sys/stat.h>
#include <algorithm>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "affected/command_reading.hpp"
#include "affected/include_names.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::cli {
namespace {

enum class Kind : std::uint8_t { nothing, directory, file };

struct Option {
  std::string_view name;
  Kind names;
};

// The path follows at once or as the next word.
constexpr std::array<Option, 6> k_options{{{"-isystem", Kind::directory},
                                           {"-iquote", Kind::directory},
                                           {"-idirafter", Kind::directory},
                                           {"-include", Kind::file},
                                           {"-imacros", Kind::file},
                                           {"-I", Kind::directory}}};
// What these say of where headers are is not read.
constexpr std::array<std::string_view, 8> k_not_read{
    "@", "--include", "--imacros", "-iprefix", "-iwithprefix", "-Wp,", "--sysroot", "-isysroot"};

// What a command says of files, by the words that it gets from a shell.
ReadCommand read_command(const std::string& tree, const std::string& command) {
  CommandReader reader(tree, [](const std::string&) { return std::optional<std::string>(); });
  reader.read({"sh", "-c", command});
  return std::move(reader).take();
}

class Reader {
 public:
  explicit Reader(const std::string& tree) : tree_(tree) {}

  CompileCommand read(std::string output, const std::string& command) {
    CompileCommand read;
    read.output = std::move(output);
    std::vector<std::string> forced;
    Kind next = Kind::nothing;  // what the last option says of the word that follows
    for (const CommandWord& word : read_command(tree_, command).words) {
      const auto begins = [&](std::string_view text) { return word.text.starts_with(text); };
      read.is_elsewhere = read.is_elsewhere || std::ranges::any_of(k_not_read, begins);
      const auto option = std::ranges::find_if(k_options, begins, &Option::name);
      const bool is_option = option != k_options.end();
      const std::string path = is_option ? word.text.substr(option->name.size()) : word.text;
      const Kind kind = is_option ? option->names : std::exchange(next, Kind::nothing);
      if (path.empty()) {
        next = kind;
      } else if (kind == Kind::file) {
        forced.push_back(path);
      } else if (kind == Kind::directory) {
        read.directories.push_back(path);
      } else if (!path.starts_with('-')) {
        add_word(path, read);
      }
    }
    for (const std::string& name : forced) add_forced(name, read);
    return read;
  }

 private:
  // The reader shows each word once, so the option before a directory may be missing. The path of a
  // directory stands in a command for nothing else.
  void add_word(const std::string& path, CompileCommand& read) {
    const Kind kind = kind_of(path);
    if (kind == Kind::directory) read.directories.push_back(path);
    if (kind == Kind::file) read.files.push_back(path);
  }

  // The compiler looks for it where it runs, and then in the directories.
  void add_forced(const std::string& name, CompileCommand& read) {
    if (is_file(name)) return read.files.push_back(name);
    for (const std::string& directory : read.directories) {
      const std::string path = text_of({directory, "/", name});
      if (is_file(path)) return read.files.push_back(path);
    }
    read.is_elsewhere = true;
  }

  bool is_file(const std::string& path) { return kind_of(path) == Kind::file; }

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

// Calls `see(output, command)` for each step that is needed.
template <typename See>
void each_step(const std::string& text, const std::function<bool(std::string_view)>& is_needed,
               See see) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return;
  for (const auto& step : json) {
    std::string output = step.value("output", "");
    if (is_needed(output)) see(std::move(output), step.value("command", ""));
  }
}

constexpr std::size_t k_largest_source = 16 * 1024 * 1024;

// A project may be in /usr/src.
bool is_of_system(std::string_view path) {
  return path.starts_with("/usr/include/") || path.starts_with("/usr/lib/");
}

}  // namespace

std::vector<NamedPaths> read_named_paths(const std::string& text, const std::string& tree,
                                         const std::function<bool(std::string_view)>& is_needed) {
  std::vector<NamedPaths> steps;
  each_step(text, is_needed, [&](std::string output, const std::string& text_of_step) {
    NamedPaths& named = steps.emplace_back(NamedPaths{std::move(output)});
    const ReadCommand command = read_command(tree, text_of_step);
    for (const CommandWord& word : command.words) {
      for (const std::string& directory : command.directories) {
        std::string path = joined_path(directory, word.text);
        if (!is_pattern(path)) named.paths.push_back(std::move(path));
      }
    }
  });
  return steps;
}

std::vector<CompileCommand> read_compile_commands(
    const std::string& text, const std::string& tree,
    const std::function<bool(std::string_view)>& is_needed) {
  std::vector<CompileCommand> commands;
  Reader reader(tree);
  each_step(text, is_needed, [&](std::string output, const std::string& command) {
    commands.push_back(reader.read(std::move(output), command));
  });
  return commands;
}

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
      try_in(file.substr(0, file.rfind('/')));
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
