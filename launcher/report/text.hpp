// The report that people read on a terminal.
#pragma once

#include "report/model.hpp"

#include <string>

namespace holdfast {

std::string render_text(const RunReport& report);

}  // namespace holdfast
