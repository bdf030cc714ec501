// What the cases of batches have printed, read from the files of their run.
#pragma once

#include "report/model.hpp"

#include <filesystem>

namespace holdfast {

// Fills in the output of each case, as much of it as reports show. Output that cannot be read stays
// empty.
void load_case_outputs(RunReport& report, const std::filesystem::path& run_directory);

}  // namespace holdfast
