// Finds paths within a word of a command.
#pragma once

#include <functional>
#include <string_view>

namespace holdfast {

// Shows `try_path` each part of `word` that may be a path, but not the whole word: what follows an
// `=`, and any part with a slash that begins after a blank or one of
// `"'`=:;,|&()<>[]{}!#?@`, and ends before one (`sh -c "/b/p <in.txt"`, `--a=b=/p`, `@/b/p`). An
// option is left out before it (`-f/b/p`, `-fb/p`), also if there is no slash (`-fb`). A path may
// itself have such bytes, so up to eight longer parts follow as long as the answer is false.
void find_paths(std::string_view word, const std::function<bool(std::string_view)>& try_path);

}  // namespace holdfast
