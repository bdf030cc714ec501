#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <string_view>
#include <system_error>

#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "journal/log.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "programs/commands.hpp"
#include "services/service_host.hpp"

namespace holdfast::cli {
namespace {

// The parser says no more than that it wants a command. Hidden commands are not for people, so they
// are not named.
std::string trouble_with_command(Command app, std::string_view word) {
  if (word.starts_with("-")) return {};
  std::vector<Command> commands = app.subcommands();
  if (std::ranges::find(commands, word, &Command::name) != commands.end()) return {};
  std::erase_if(commands, std::mem_fn(&Command::is_hidden));
  return "unknown command \"" + std::string(word) + "\": expected one of " +
         separated(commands, ", ", &Command::name) + " (see holdfast --help)";
}

// The commands that act on a run. The others only show something.
bool logs(std::string_view command) {
  constexpr std::array<std::string_view, 7> k_those{"begin",   "end",  "keeper",      "run",
                                                    "service", "reap", "service-host"};
  return std::ranges::find(k_those, command) != k_those.end();
}

int output_lost(int number) { return refused(os::system_error("write to stdout", number)); }

// Every ctest starts `begin` and `end`. They must not pay for the options of the other commands.
void add_commands(Command app, std::string_view word, const std::vector<std::string>& for_ctest) {
  if (word == "begin") return add_begin(app);
  if (word == "end") return add_end(app);
  // In the order of the help.
  for (const auto add : {add_report, add_rerun, add_debug, add_watch, add_config, add_log, add_reap,
                         add_locks, add_status, add_service, add_history}) {
    add(app);
  }
  add_ctest(app, for_ctest);
  add_shard(app, for_ctest);
  for (const auto add : {add_affected, add_doctor, add_mark, add_begin, add_end, add_keeper}) {
    add(app);
  }
}

// Takes `--` and the words after it off the arguments. CLI11 must not see words for ctest: it takes
// `[ab]` for a list.
std::vector<std::string> take_words_for_ctest(int& count, char** arguments) {
  for (int i = 2; i < count; ++i) {
    if (std::string_view(arguments[i]) != "--") continue;
    std::vector<std::string> words(arguments + i + 1, arguments + count);
    count = i;
    return words;
  }
  return {};
}

int run_command(int count, char** arguments) {
  const std::string_view word = count > 1 ? arguments[1] : "";
  if (logs(word)) log_by_spdlog("cli");
  // CLI11 must not read the arguments of these commands: it would take words of a command, or a
  // pattern, for options.
  if (word == "run") return exec_run({arguments + 2, arguments + count});
  if (word == "answer") return answer({arguments + 2, arguments + count});
  const int fd = count > 2 ? parse_number<int>(arguments[2]).value_or(-1) : -1;
  if (count == 3 && word == "service-host") return host::be_service_host(fd);
  if (count > 3 && word == "service-fork") return host::be_forking_service(fd, arguments + 3);
  try {
    Parser parser("Holdfast: a plugin for CTest and Ninja.", "holdfast", HOLDFAST_VERSION);
    const Command app = parser.command();
    app.require_subcommand();
    app.add_subcommand("run", "run a command under Holdfast (holdfast run --help)");
    std::vector<std::string> for_ctest;
    if (word == "ctest" || word == "shard") for_ctest = take_words_for_ctest(count, arguments);
    add_commands(app, word, for_ctest);
    std::string topic;
    app.add_subcommand("help", "say what a command, a setting or a name means: holdfast help TOPIC")
        .add_option("TOPIC", topic,
                    "a command, a key of holdfast.toml, a test property or a variable; `topics` "
                    "lists them");
    Parsed parsed;
    if (word == "complete") return complete_words(app, {arguments + 2, arguments + count});
    if (word == "help") parsed.exit_code = help(app, {arguments + 2, arguments + count});
    if (count > 1) {
      if (const std::string trouble = trouble_with_command(app, word); !trouble.empty())
        return refused(trouble);
    }
    if (word != "help") parsed = parser.parse(count, arguments);
    if (parsed.trouble) return refused(*parsed.trouble + " (see holdfast --help)");
    if (parsed.wanted) fmt::print("{}", *parsed.wanted);
    // begin and end succeed even if their words are lost: the run is no worse for that.
    const bool is_of_ctest = word == "begin" || word == "end";
    if (std::fflush(stdout) != 0 && !is_of_ctest) return output_lost(errno);
    return parsed.exit_code;
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return output_lost(error.code().value());
    return refused(Error{error.what()}, exit_codes::k_own_failure);
  } catch (const std::exception& error) {
    return refused(Error{error.what()}, exit_codes::k_own_failure);
  }
}

}  // namespace
}  // namespace holdfast::cli

int main(int count, char** arguments) {
  return holdfast::cli::run_command(count, holdfast::os::take_arguments(arguments));
}
