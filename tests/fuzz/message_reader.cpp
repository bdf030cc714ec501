// The readers of messages between our own processes. A packet of any bytes, and of any other
// version, is refused or read. What is read is the same when it is written and read again.
#include "cluster/cluster_wire.hpp"
#include "services/host_wire.hpp"
#include "settings/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace holdfast;
using wire::to_message;

template <typename Struct>
void check(const Result<Struct>& read, Result<Struct> (*read_again)(const wire::Message&)) {
  if (!read) return to_text(read.error()).empty() ? std::abort() : void();
  const wire::Message written = to_message(*read);
  const Result<Struct> again = read_again(written);
  // Of what the message lacked, a process has no value that is understood.
  if (again && to_message(*again).fields != written.fields) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const Result<wire::Message> message = wire::decode(bytes);
  if (!message) return to_text(message.error()).empty() ? std::abort(), 0 : 0;
  const Result<wire::Message> same = wire::decode(wire::encode(*message));
  if (!same || same->kind != message->kind || same->fields != message->fields) std::abort();
  check<wire::AttemptRequest>(wire::to_request(*message), wire::to_request);
  check<wire::AttemptGrant>(wire::to_grant(*message), wire::to_grant);
  check<wire::Status>(wire::read<wire::Status>(*message), wire::read<wire::Status>);
  check<wire::ServicesAnswer>(wire::read<wire::ServicesAnswer>(*message),
                              wire::read<wire::ServicesAnswer>);
  check<wire::HostOrder>(wire::read<wire::HostOrder>(*message), wire::read<wire::HostOrder>);
  check<wire::HostNews>(wire::to_host_news(*message), wire::to_host_news);
  check<wire::ManualState>(wire::read<wire::ManualState>(*message), wire::read<wire::ManualState>);
  check<ClusterAsk>(wire::read<ClusterAsk>(*message), wire::read<ClusterAsk>);
  check<ClusterBegin>(wire::read<ClusterBegin>(*message), wire::read<ClusterBegin>);
  return 0;
}
