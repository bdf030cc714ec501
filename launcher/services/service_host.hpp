// The process that looks after one generation of one instance of a service.
#pragma once

namespace holdfast::host {

// The main process of a service whose command goes to the background.

// `holdfast service-fork FD COMMAND…`. Runs the command, and writes a byte to `told` when the
// command has ended with 0. Waits for the processes that the command leaves in the background, too.
// Ends as the first process that comes to a bad end, or with 0 when none is left. Returns the exit
// code.
int be_forking_service(int told, char** command);

// `holdfast service-host FD`: `keeper` is a connection (SOCK_SEQPACKET) on which the keeper sends a
// wire::HostOrder first of all. Returns when nothing of the service is left. The keeper has been
// told everything that the exit code says.
//
// This process gets a session of its own. The service ends when the keeper says so, or when the
// keeper is gone and ctest has ended. A service that people keep ends when somebody says so on its
// socket.
int be_service_host(int keeper);

}  // namespace holdfast::host
