// Chooses TCP ports, and locks them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "os/lock/lock_file.hpp"
#include "values/held_locks.hpp"

namespace holdfast::os {

// True: no socket of this network namespace has the port, at any address. A port whose last
// connection ended a moment ago counts as taken, too.
bool is_port_free(std::uint16_t port);

// Takes the lock of the port (values/lock_spec.hpp), signs it with `holder`, and appends it to
// `locks`. Never waits. False: somebody has the lock or the port.
Result<bool> take_port(std::uint16_t port, const LockParty& holder,
                       std::vector<LockRequest>& locks);

// Chooses `count` ports, none of `others`, and takes their locks, which name the ports
// (port_in_text()). Never waits. After a failure, `locks` may have some of them.
Result<void> take_ports(unsigned count, const std::vector<std::uint16_t>& others,
                        const LockParty& holder, std::vector<LockRequest>& locks);

// Removes the lock files of ports that nobody has or wants.
void remove_unused_port_locks();

}  // namespace holdfast::os
