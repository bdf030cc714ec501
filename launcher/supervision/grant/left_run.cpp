#include "supervision/grant/left_run.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {

std::string journal_of_left_run(const Attach& attach) {
  // The names of runs: store/run_directory.hpp. A script's second run and those after it have their
  // number at the end.
  std::string end = text_of({"-", std::to_string(attach.ctest.pid)});
  if (attach.include_count > 1) end += text_of({"-", std::to_string(attach.include_count)});
  const std::string runs = text_of({attach.tree, "/", names::k_runs_directory});
  std::string newest;
  std::uint64_t highest = 0;
  for (const std::string& name : os::names_in_own(runs)) {
    const auto number = leading_number<std::uint64_t>(name);
    if (!name.ends_with(end) || !number || *number < highest) continue;
    highest = *number;
    newest = name;
  }
  if (newest.empty()) return {};
  std::string journal = text_of({runs, "/", newest, "/", names::k_journal_file});
  // An earlier ctest may have had the same pid.
  constexpr std::size_t k_first_record = 64U << 10U;
  const Result<std::string> text = os::read_own(journal, k_first_record);
  const std::string ctest = text_of({"\"ctest\":{\"pid\":", std::to_string(attach.ctest.pid),
                                     ",\"start\":", std::to_string(attach.ctest.start), "}"});
  if (!text || text->substr(0, text->find('\n')).find(ctest) == std::string::npos) return {};
  return journal;
}

}  // namespace holdfast::supervision
