// The TCP sockets of this network namespace, as /proc shows them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/service/tcp_table.hpp"
#include "os/process/stream_holders.hpp"

namespace holdfast::os {

// Those of both versions of IP. Empty where /proc cannot be read.
std::vector<TcpSocket> tcp_sockets();

// For a search for the processes that have it (stream_holders.hpp).
Stream stream_of(const TcpSocket& socket);

}  // namespace holdfast::os
