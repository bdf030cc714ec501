// The command a person types: `holdfast COMMAND …`. One file per command.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace holdfast::cli {

int run_command(int count, char** arguments);

// Each adds its sub-command to `app`; `exit_code` is set when it is the one that runs.
void add_report(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_reap(CLI::App& app, int& exit_code);
void add_locks(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_mark(CLI::App& app, int& exit_code);
void add_begin(CLI::App& app, int& exit_code);
void add_end(CLI::App& app, int& exit_code);
void add_keeper(CLI::App& app, int& exit_code);

// `holdfast run`: becomes the launcher, which is the one supervisor there is. Returns only on
// failure.
int exec_run(char** arguments);

// Refuses an empty word, which would count as none: a script's variable that is not set.
CLI::Validator expected(const std::string& what);

// `holdfast: <text>` on stderr, in one line.
void complain(const std::string& text);

}  // namespace holdfast::cli
