#include "os/signal/replacing.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::os {
namespace {

constexpr int k_ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

Result<UniqueFd> make_draft(const std::string& path) {
  constexpr mode_t k_as_umask_says = 0666;
  const auto make = [&] { return open_own(path, O_WRONLY | O_CREAT | O_EXCL, k_as_umask_says); };
  Result<UniqueFd> file = make();
  if (file || errno != EEXIST) return file;
  // A process with our pid was killed in the middle.
  (void)remove_own(path);
  return make();
}

Result<void> fill_and_rename(const Draft& draft, UniqueFd file, const std::string& target,
                             const std::function<Result<void>(const Draft&)>& fill) {
  struct stat there {};
  if (::lstat(target.c_str(), &there) == 0 && S_ISREG(there.st_mode)) {
    (void)::fchmod(file.get(), there.st_mode & 07777);
  }
  HOLDFAST_DO(fill(draft));
  if (draft.signals.came()) return Error{"write " + target + ": interrupted"};
  // A network file system may report a failed write as late as here.
  if (::close(file.release()) != 0) return system_error("write " + target);
  return rename_own(draft.path, target);
}

}  // namespace

HeldSignals::HeldSignals() {
  SignalSet wanted = 0;
  for (const int signal : k_ending) {
    // The kernel keeps a blocked signal pending even if it is ignored.
    if (!is_ignored(signal)) wanted |= signal_bit(signal);
  }
  held_ = wanted & ~change_signal_mask(SIG_BLOCK, wanted);
}

HeldSignals::~HeldSignals() { change_signal_mask(SIG_UNBLOCK, held_); }

bool HeldSignals::came() const { return (pending_signals() & held_) != 0; }

Result<void> replace_file(const std::string& target,
                          const std::function<Result<void>(const Draft&)>& fill) {
  const HeldSignals signals;
  const std::string path = target + "." + std::to_string(::getpid()) + ".tmp";
  Result<UniqueFd> file = make_draft(path);
  if (!file) return errno == EPERM ? file.error() : system_error("write " + target);
  const int descriptor = file->get();
  Result<void> done = fill_and_rename({descriptor, path, signals}, std::move(*file), target, fill);
  if (!done) (void)remove_own(path);
  return done;
}

Result<void> replace_file(const std::string& target, std::string_view text) {
  return replace_file(target, [&](const Draft& draft) {
    if (write_all(draft.file, text)) return Result<void>();
    return Result<void>(system_error("write " + target));
  });
}

}  // namespace holdfast::os
