// The TCP sockets of this network namespace, as /proc shows them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/service/tcp_table.hpp"
#include "os/process/stream_holders.hpp"

namespace holdfast::os {

// Returns the sockets of both versions of IP. Empty if /proc cannot be read.
std::vector<TcpSocket> tcp_sockets();

// Returns the socket as stream_holders.hpp needs it to find the processes that have it open.
Stream stream_of(const TcpSocket& socket);

}  // namespace holdfast::os
