// What ps and pgrep show of this process: its name and its command line.
#pragma once

#include <initializer_list>
#include <string_view>

namespace holdfast::os {

// Copies the arguments of main(), which the copies replace: they are never freed. To be called
// once, before anything points into the arguments. Afterwards set_process_title() may write over
// the originals, which is what the kernel shows as the command line.
char** take_arguments(char** arguments);

// Makes `words` the command line, cut to the length of the original one. Makes `name` the name, cut
// to 15 bytes. Before take_arguments() only the name changes.
void set_process_title(std::string_view name, std::initializer_list<std::string_view> words);

}  // namespace holdfast::os
