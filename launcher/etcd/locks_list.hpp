// All holders and waiters of locks of scope `cluster`, for `holdfast locks`.
#pragma once

#include <cstddef>

#include "core/base/duration.hpp"
#include "etcd/etcd.hpp"

namespace holdfast::etcd {

// Asks etcd for the list, at most `endpoints` times and with the patience `each`, until an endpoint
// has it. Then answers on `socket`, which must stay open until all calls to etcd are over. The
// answer is a message k_list for each party, by lock and create revision, and then an empty message
// k_list. If there is no list, the answer is one message with `why`.
void list_locks(Etcd& etcd, int socket, std::size_t endpoints, Milliseconds each);

}  // namespace holdfast::etcd
