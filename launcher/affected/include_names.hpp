// What a source of C or C++ includes, by its text alone. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Returns the names in `#include <a/b.h>`, `#include "c.h"`, `#embed "d.bin"` and the like, also
// those in comments and in branches that are not compiled. None: a name is not written out
// (`#include MACRO`), or the source imports modules.
std::optional<std::vector<std::string>> included_names(std::string_view text);

// Whether the file is a source or a header of C, C++ or their kin, by its name.
bool is_named_like_source(std::string_view path);

}  // namespace holdfast
