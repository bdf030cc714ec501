// The process that looks after one generation of one instance of a service.
#pragma once

namespace holdfast::host {

// `holdfast service-host FD`: `keeper` is a connection (SOCK_SEQPACKET) on which the keeper sends a
// wire::HostOrder first of all. Returns when nothing of the service is left; the exit code says
// nothing that the keeper was not told.
//
// This process gets a session of its own. It lives until the service has ended or the keeper says
// so; where the keeper is gone, until ctest has ended. A host that people keep lives until somebody
// says so on its socket.
int be_service_host(int keeper);

}  // namespace holdfast::host
