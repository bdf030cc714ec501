#include "keeper/service/tree_services.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <algorithm>

#include <iterator>

#include "core/service/service_state.hpp"
#include "os/process/user.hpp"
#include "settings/declared_services.hpp"

namespace holdfast {
namespace {

// The user of a service must be known on this machine, and only root may name another user.
Result<void> find_user(ServiceSpec& service) {
  if (service.user.empty()) return {};
  Result<User> user = os::find_user(service.user);
  if (!user) return ErrorInWords{service.origin + ": " + to_text(user.error())};
  if (user->uid == ::geteuid()) return {};
  if (::geteuid() != 0) {
    return ErrorInWords{
        fmt::format("{}: `user` is \"{}\", expected who runs ctest, as only root can say another",
                    service.origin, service.user)};
  }
  service.other_user = std::move(*user);
  return {};
}

}  // namespace

Result<std::vector<ServiceSpec>> services_of_tree(const Settings& settings, const std::string& tree,
                                                  const std::string& configuration) {
  std::vector<ServiceSpec> services = settings.services;
  HOLDFAST_TRY(std::vector<ServiceSpec> declared, declared_services(tree, configuration));
  std::ranges::move(declared, std::back_inserter(services));
  for (ServiceSpec& service : services) {
    HOLDFAST_DO(find_user(service));
  }
  return in_order_of_start(std::move(services));
}

}  // namespace holdfast
