// All holders and waiters of locks of scope `cluster`, for `holdfast locks`.
#pragma once

#include "etcd/etcd.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::etcd {

// Asks etcd once, and answers on `socket` when etcd has answered: a message k_list with a party in
// each, by lock and create revision, then an empty one of that kind, or one with `why` there is no
// list.
// `tries`: how often etcd is asked if it does not serve: the next time another member.
void list_locks(Etcd& etcd, int socket, std::size_t tries);

}  // namespace holdfast::etcd
