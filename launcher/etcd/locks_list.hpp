// All holders and waiters of locks of scope `cluster`, for `holdfast locks`.
#pragma once

#include <cstddef>

#include "core/base/duration.hpp"
#include "etcd/etcd.hpp"

namespace holdfast::etcd {

// Asks at most `endpoints` times for the list, each for that long, until one has it. Then answers
// on `socket`, which must stay open until all calls of etcd are over: a message k_list with a party
// in each, by lock and create revision, then an empty one of that kind, or one with `why` there is
// no list.
void list_locks(Etcd& etcd, int socket, std::size_t endpoints, Milliseconds each);

}  // namespace holdfast::etcd
