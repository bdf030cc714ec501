#include "cli/commands.hpp"

int main(int count, char** arguments) { return holdfast::cli::run_command(count, arguments); }
