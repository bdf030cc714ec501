#include "core/base/keeper_address.hpp"

#include <algorithm>

#include "core/base/number.hpp"

namespace holdfast {

std::optional<KeeperSocketName> parse_keeper_socket_name(std::string_view name) {
  name = name.substr(0, name.find('.'));
  const std::size_t second = name.find('-', name.find('-') + 1);
  std::string process(name.substr(0, second));
  std::replace(process.begin(), process.end(), '-', ':');
  const Result<ProcessName> ctest = parse_process_name(process);
  if (!ctest) return std::nullopt;
  if (second == std::string_view::npos) return KeeperSocketName{*ctest, std::nullopt};
  const auto pid_namespace = parse_number<std::uint64_t>(name.substr(second + 1));
  if (!pid_namespace) return std::nullopt;
  return KeeperSocketName{*ctest, pid_namespace};
}

}  // namespace holdfast
