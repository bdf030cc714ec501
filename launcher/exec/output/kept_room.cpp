#include "exec/output/kept_room.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/kept_output.hpp"
#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::exec {

std::uint64_t take_room(const std::string& log, std::uint64_t wanted, std::uint64_t limit) {
  constexpr std::size_t k_longest_number = 32;
  const std::string path = log.substr(0, log.rfind('/') + 1) + std::string(names::k_kept_size_file);
  const Result<os::UniqueFd> counter = os::open_own(path, O_RDWR | O_CREAT);
  // The lock ends with the descriptor.
  if (!counter || os::retried([&] { return ::flock(counter->get(), LOCK_EX); }) != 0) return wanted;
  std::string text;
  if (!os::read_all(counter->get(), text, k_longest_number)) return wanted;
  const std::uint64_t taken = leading_number<std::uint64_t>(text).value_or(0);
  const std::uint64_t room = std::min(wanted, limit - std::min(limit, taken));
  text = std::to_string(taken + room) + "\n";
  (void)os::retried([&] { return ::pwrite(counter->get(), text.data(), text.size(), 0); });
  return room;
}

void cut_to_room(const os::UniqueFd& file, const std::string& log, std::uint64_t limit) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || info.st_size <= 0) return;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t room = take_room(log, size, limit);
  if (room == size || ::ftruncate(file.get(), static_cast<off_t>(room)) != 0) return;
  if (::lseek(file.get(), 0, SEEK_END) < 0) return;
  (void)os::write_all(file.get(), mark_of_left_out(size - room));
}

}  // namespace holdfast::exec
