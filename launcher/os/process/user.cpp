#include "os/process/user.hpp"

#include "base/text.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::os {

Result<User> parse_user(std::string_view line, const std::string& name) {
  line = line.substr(0, line.find('\n'));
  User user;
  user.name = take_part(line, ':');
  (void)take_part(line, ':');
  const std::optional<unsigned> uid = parse_number<unsigned>(take_part(line, ':'));
  const std::optional<unsigned> gid = parse_number<unsigned>(take_part(line, ':'));
  (void)take_part(line, ':');
  user.home = take_part(line, ':');
  if (!uid || !gid || user.name.empty()) {
    return ErrorInWords{"`user` is \"" + brief(name) + "\", expected a user of this machine"};
  }
  user.uid = *uid;
  user.gid = *gid;
  return user;
}

Result<User> find_user(const std::string& name) {
  BoundedOrder order;
  order.words = {"getent", "passwd", "--", name};
  order.environment = own_environment();
  order.time = Milliseconds{5000};
  return parse_user(run_bounded(order).output, name);
}

std::vector<std::string> words_to_be(const User& user) {
  return {"setpriv",       "--reuid", std::to_string(user.uid), "--regid", std::to_string(user.gid),
          "--init-groups", "--"};
}

}  // namespace holdfast::os
