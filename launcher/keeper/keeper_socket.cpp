#include "keeper/keeper_socket.hpp"

#include <charconv>
#include <cstdint>

#include "core/keeper_address.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast {
namespace {

// os::numbering_id() does not say the machine's first: PROC_PID_INIT_INO of linux/proc_ns.h.
std::uint64_t namespace_in(std::string_view numbering) {
  constexpr std::string_view k_beginning = "/pid:[";
  constexpr std::uint64_t k_first = 4026531836;
  const std::size_t at = numbering.find(k_beginning);
  if (at == std::string_view::npos) return k_first;
  numbering.remove_prefix(at + k_beginning.size());
  std::uint64_t inode = 0;
  std::from_chars(numbering.data(), numbering.data() + numbering.size(), inode);
  return inode;
}

}  // namespace

std::string keeper_socket_path_here(const ProcessName& ctest) {
  return keeper_socket_path(os::user_directory_path(), ctest, os::own_pid_namespace());
}

bool is_listened_for(const ProcessName& ctest, std::string_view numbering) {
  const std::string path =
      keeper_socket_path(os::user_directory_path(), ctest, namespace_in(numbering));
  return os::connect_to(path, k_probe_patience).socket.valid();
}

os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience) {
  return os::connect_to(keeper_socket_path_here(ctest), patience);
}

}  // namespace holdfast
