// A network of its own, which has nothing but a loopback interface. See network_namespaces(7).
#pragma once

#include "core/base/result.hpp"

namespace holdfast::os {

// To be called in a new network namespace, with the rights that its first process has: raises the
// loopback interface, which gives it 127.0.0.1 and ::1.
Result<void> raise_loopback();

// Makes /sys show the interfaces of our network. Where that is not allowed, it goes on showing
// those that it showed. To be called in a mount namespace of its own, with the rights that its
// first process has.
void show_own_interfaces();

// Joins the network with this descriptor (of /proc/<pid>/ns/net), and before that the user
// namespace that it belongs to, if that is another one. Only the user who made that user namespace
// may do so.
Result<void> join_network(int network);

}  // namespace holdfast::os
