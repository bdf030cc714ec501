// Locks in use, for people and as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "os/lock/lock_survey.hpp"

namespace holdfast::cli {

// One paragraph per lock: who holds it and who waits, in order. Empty when there are no locks.
std::string describe_locks(const std::vector<os::SurveyedLock>& locks);

// The format is in docs/reference/report-formats.md.
nlohmann::ordered_json json_of(const std::vector<os::SurveyedLock>& locks);

}  // namespace holdfast::cli
