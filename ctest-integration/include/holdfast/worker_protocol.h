/* What a worker of a batch and holdfast-exec say to each other:
 * docs/internals/worker-protocol.md.
 *
 * C++11 and C99: this is compiled into users' programs as well as into Holdfast.
 */
#ifndef HOLDFAST_WORKER_PROTOCOL_H
#define HOLDFAST_WORKER_PROTOCOL_H

/* A packet of a SOCK_SEQPACKET socket is one message. It is a sequence of fields, each ended by a
 * NUL byte, the last one too; the first is the message's name. No field holds a NUL. Numbers are
 * decimal. */
#define HOLDFAST_WORKER_VERSION "2"
/* In the marker directory ($HOLDFAST_MARKER_DIR); there only where there is a batch. */
#define HOLDFAST_WORKER_SOCKET "worker"
/* A longer message is refused by the receiver; lists are split over several. */
#define HOLDFAST_WORKER_LONGEST 16384

/* --- program -> exec, on the worker socket ------------------------------------------------- */
/* hello <version> <pid>: first of all. */
#define HOLDFAST_WORKER_HELLO "hello"
/* begin <case> */
#define HOLDFAST_WORKER_BEGIN "begin"
/* end <case> passed|failed|skipped <milliseconds> */
#define HOLDFAST_WORKER_END "end"
#define HOLDFAST_WORKER_PASSED "passed"
#define HOLDFAST_WORKER_FAILED "failed"
#define HOLDFAST_WORKER_SKIPPED "skipped"
/* retire <case>: the process leaves now, on purpose, after this case. */
#define HOLDFAST_WORKER_RETIRE "retire"
/* news: the progress log has some, and its reader was asleep. */
#define HOLDFAST_WORKER_NEWS "news"
/* full: the progress log has no room; answered by `room` once it has been read and begins anew. */
#define HOLDFAST_WORKER_FULL "full"
#define HOLDFAST_WORKER_ROOM "room"
/* silent: it goes on, and says no more. */
#define HOLDFAST_WORKER_SILENT "silent"
/* finished <exit code>: all cases that were to run have ended; the process is about to return. */
#define HOLDFAST_WORKER_FINISHED "finished"
/* list <case> …: fork mode, cases that are to run, in their order; then listed. */
#define HOLDFAST_WORKER_LIST "list"
#define HOLDFAST_WORKER_LISTED "listed"
/* cannot-fork <why>: instead of the list; the program ends. */
#define HOLDFAST_WORKER_CANNOT_FORK "cannot-fork"

/* --- exec -> program, on the worker socket ------------------------------------------------- */
/* mode report, with the descriptor of a progress log or without one; or: mode fork <path of the
 * launcher> <grace ms>. The answer to hello. */
#define HOLDFAST_WORKER_MODE "mode"
#define HOLDFAST_WORKER_MODE_REPORT "report"
#define HOLDFAST_WORKER_MODE_FORK "fork"
/* run <number> <case>, with three descriptors: stdout, stderr, report socket. To an anchor that has
 * said `over`, on its report socket: with stdout and stderr. */
#define HOLDFAST_WORKER_RUN "run"
/* quit: no case will come any more. */
#define HOLDFAST_WORKER_QUIT "quit"

/* --- the progress log ------------------------------------------------------------------------ */
/* A file in memory that both sides map: begin, end, retire and finished cost no system call in it.
 * At its start two 32-bit numbers, read and written atomically: how many bytes of records there
 * are, and whether the reader wants `news` of the next one. From HOLDFAST_WORKER_LOG_HEADER on
 * records, each a multiple of 8 bytes: 64 bits, of which the low 16 are the size of a message and
 * the others its time in us of CLOCK_MONOTONIC, then the message. That is one as in a packet, or
 * the short form of what is said most: one byte of these, and behind `begin` the case's name. An
 * end is that of the case that has begun. */
#define HOLDFAST_WORKER_LOG_SIZE 65536
#define HOLDFAST_WORKER_LOG_HEADER 64
#define HOLDFAST_WORKER_LOG_RECORD_HEADER 8
#define HOLDFAST_WORKER_LOG_BEGIN 1
#define HOLDFAST_WORKER_LOG_PASSED 2
#define HOLDFAST_WORKER_LOG_FAILED 3
#define HOLDFAST_WORKER_LOG_SKIPPED 4

/* --- on the report socket of an anchor and the case it has forked ---------------------------- */
/* Child and anchor -> exec: end, retire, finished as above, from the child, and: */
/* child <anchor's pid> <pid> <start>: by the child, before anything of the case. */
#define HOLDFAST_WORKER_CHILD "child"
/* over <wait status> <user us> <system us> <peak kB>: the child is gone and has left nothing; the
 * anchor waits for another `run`. */
#define HOLDFAST_WORKER_OVER "over"
/* ended, with the same: the child is gone, and processes are left. The anchor forks no other. */
#define HOLDFAST_WORKER_ENDED "ended"
/* left <count> [<pid> <name>] …: processes were left when the child had ended; being ended. */
#define HOLDFAST_WORKER_LEFT "left"
/* gone <survivors>: nothing is left, or that many could not be ended. The last word. */
#define HOLDFAST_WORKER_GONE "gone"
/* failed <why>: instead of child. */
#define HOLDFAST_WORKER_CHILD_FAILED "failed"
/* exec -> anchor: */
/* terminate <signal> <grace ms>: end the tree of this case. */
#define HOLDFAST_WORKER_TERMINATE "terminate"

/* --- how the launcher takes an anchor's place ----------------------------------------------- */
/* <launcher> --anchor <report socket> <grace ms> <child's pid, or 0 when it has been waited for>
 *            <signal to begin with> <wait status> <user us> <system us> <peak kB>
 * by execv(2): same pid, same children. */
#define HOLDFAST_WORKER_ANCHOR_OPTION "--anchor"

#endif
