#include "keeper/supervisors.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "core/environment.hpp"
#include "core/keeper_address.hpp"
#include "os/file_text.hpp"
#include "os/packet_socket.hpp"
#include "os/proc_numbers.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast {
namespace {

// A keeper that is there accepts at once, even when it is stopped.
constexpr Milliseconds k_probe_patience{200};
constexpr std::string_view k_ours = "holdfast";  // a launcher can have become `holdfast exec`
constexpr std::string_view k_guard = "holdfast-guard";

bool is_ours(const Result<os::ProcessStat>& stat) {
  return stat && stat->state != 'Z' && stat->name.substr(0, k_ours.size()) == k_ours;
}

// `visit` gets the number and the stat of each launcher and guard of this ctest: they have its name
// in their environment.
template <typename Visit>
void for_each_supervisor(const ProcessName& ctest, Visit visit) {
  const std::string attach = std::string(environment::k_attach) + "=1 " +
                             std::to_string(ctest.pid) + " " + std::to_string(ctest.start) + " ";
  os::for_each_process([&](pid_t pid) {
    const Result<os::ProcessStat> stat = os::read_process_stat(pid);
    if (!is_ours(stat)) return;
    const Result<std::string> environment = os::read_file(os::in_proc(pid, "environ"));
    if (environment && environment->find(attach) != std::string::npos) visit(pid, *stat);
  });
}

}  // namespace

bool has_keeper(const ProcessName& ctest) {
  return os::connect_to(keeper_socket(os::user_directory_path(), ctest), k_probe_patience)
      .socket.valid();
}

std::vector<os::UniqueFd> supervisors_of(const ProcessName& ctest) {
  std::vector<os::UniqueFd> found;
  for_each_supervisor(ctest, [&](pid_t pid, const os::ProcessStat& stat) {
    if (Result<os::UniqueFd> watched = os::watch_process({pid, stat.start}); watched) {
      found.push_back(std::move(*watched));
    }
  });
  return found;
}

bool has_guard_alone(const ProcessName& ctest) {
  bool alone = false;
  for_each_supervisor(ctest, [&](pid_t, const os::ProcessStat& stat) {
    if (stat.name != k_guard) return;
    const Result<os::ProcessStat> parent = os::read_process_stat(stat.parent);
    alone = alone || !is_ours(parent) || parent->name == k_guard;
  });
  return alone;
}

}  // namespace holdfast
