#include "supervision/grant/left_run.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>

#include <vector>

#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {
namespace {

// A run's id begins with its number (store/run_directory.hpp).
std::uint64_t number_of(std::string_view run) {
  return leading_number<std::uint64_t>(run).value_or(0);
}

// A script goes on after a run, and the keeper of its next run may have been killed before it
// began.
bool has_ended(const std::string& journal) {
  // It is the last record, but for attempts whose guards ended later.
  constexpr off_t k_tail = off_t{64} << 10U;
  const Result<os::UniqueFd> file = os::open_own(journal, O_RDONLY);
  const off_t size = file ? ::lseek(file->get(), 0, SEEK_END) : -1;
  if (size < 0 || ::lseek(file->get(), std::max<off_t>(0, size - k_tail), SEEK_SET) < 0)
    return false;
  std::string text;
  return os::read_all(file->get(), text, k_tail) &&
         text.find("{\"v\":1,\"type\":\"run_ended\"") != std::string::npos;
}

}  // namespace

std::string journal_of_left_run(const Attach& attach) {
  const std::string ctest = text_of({"\"ctest\":{\"pid\":", std::to_string(attach.ctest.pid),
                                     ",\"start\":", std::to_string(attach.ctest.start), "}"});
  const std::string pid = text_of({"-", std::to_string(attach.ctest.pid)});
  const std::string runs = text_of({attach.tree, "/", names::k_runs_directory});
  std::vector<std::string> names = os::names_in_own(runs);
  std::ranges::sort(names, std::ranges::greater(), number_of);
  for (const std::string& name : names) {
    if (name.find(pid) == std::string::npos) continue;
    // An earlier ctest may have had the same pid.
    constexpr std::size_t k_first_record = 64U << 10U;
    std::string journal = text_of({runs, "/", name, "/", names::k_journal_file});
    const Result<std::string> text = os::read_own(journal, k_first_record);
    if (!text || text->substr(0, text->find('\n')).find(ctest) == std::string::npos) continue;
    return has_ended(journal) ? std::string() : journal;
  }
  return {};
}

}  // namespace holdfast::supervision
