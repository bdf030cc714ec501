// The commands of `holdfast`. A command of a feature is in the feature's folder; the others are
// here.
#pragma once

#include <string>
#include <vector>

#include "command/command.hpp"

namespace holdfast::cli {

// Each function adds its command to `app`.
void add_report(Command app);
void add_rerun(Command app);
void add_debug(Command app);
void add_watch(Command app);
void add_config(Command app);
void add_log(Command app);
void add_reap(Command app);
void add_locks(Command app);
void add_status(Command app);
void add_service(Command app);
void add_doctor(Command app);
void add_history(Command app);
// `words`: ctest's own arguments, which came after `--`.
void add_ctest(Command app, const std::vector<std::string>& words);
void add_shard(Command app, const std::vector<std::string>& words);
void add_affected(Command app);
void add_mark(Command app);
void add_begin(Command app);
void add_end(Command app);
void add_keeper(Command app);

// `holdfast run`: becomes the launcher, because there is only one supervisor. Returns only on
// failure. `words` came after `run`.
int exec_run(const std::vector<std::string>& words);

// `holdfast help`: `words` came after `help`. `app`: with all of its commands.
int help(Command app, const std::vector<std::string>& words);

// `holdfast complete`, for the completions of shells: `words` came after `complete`.
int complete_words(Command app, const std::vector<std::string>& words);

// Prints the help of `holdfast run` to stdout. Returns the exit code of `holdfast`.
int print_help_of_run();

// `words`: the arguments after `answer`.
int answer(const std::vector<std::string>& words);

}  // namespace holdfast::cli
