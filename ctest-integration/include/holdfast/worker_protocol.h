/* The messages between a worker of a batch and holdfast-exec:
 * docs/internals/worker-protocol.md.
 *
 * Plain C99 and C++11, because users' programs include this as well as Holdfast.
 */
#ifndef HOLDFAST_WORKER_PROTOCOL_H
#define HOLDFAST_WORKER_PROTOCOL_H

/* A packet of a SOCK_SEQPACKET socket is one message. It is a sequence of fields, of which the
 * first is the message's name. A NUL byte ends each field, the last one too; no field holds a NUL.
 * Numbers are decimal. */
#define HOLDFAST_WORKER_VERSION "3"
/* A program that forks its cases has this in a section of its file, so that exec knows that before
 * it starts the program. */
#define HOLDFAST_WORKER_SECTION ".holdfast.worker"
#define HOLDFAST_WORKER_NAME "holdfast-worker-" HOLDFAST_WORKER_VERSION
/* In the marker directory ($HOLDFAST_MARKER_DIR). It exists only for a batch. */
#define HOLDFAST_WORKER_SOCKET "worker"
/* A receiver refuses a longer message. A long list needs several messages. */
#define HOLDFAST_WORKER_LONGEST 16384

/* --- program -> exec, on the worker socket ------------------------------------------------- */
/* hello <version> <pid>: the first message. */
#define HOLDFAST_WORKER_HELLO "hello"
/* begin <case> */
#define HOLDFAST_WORKER_BEGIN "begin"
/* end <case> passed|failed|skipped <milliseconds> */
#define HOLDFAST_WORKER_END "end"
#define HOLDFAST_WORKER_PASSED "passed"
#define HOLDFAST_WORKER_FAILED "failed"
#define HOLDFAST_WORKER_SKIPPED "skipped"
/* retire <case>: the process exits now, on purpose, after this case. */
#define HOLDFAST_WORKER_RETIRE "retire"
/* ask: a case has ended, and the process waits for `go` or `leave`. Only if exec wants that. */
#define HOLDFAST_WORKER_ASK "ask"
#define HOLDFAST_WORKER_GO "go"
#define HOLDFAST_WORKER_LEAVE "leave"
/* news: the progress log has a new record, and its reader had asked to be woken. */
#define HOLDFAST_WORKER_NEWS "news"
/* full: the progress log has no room. exec reads it, empties it, and answers `room`. */
#define HOLDFAST_WORKER_FULL "full"
#define HOLDFAST_WORKER_ROOM "room"
/* silent: the process goes on, but this is its last message. */
#define HOLDFAST_WORKER_SILENT "silent"
/* all-skipped: no case has begun, because a global environment has skipped all. */
#define HOLDFAST_WORKER_ALL_SKIPPED "all-skipped"
/* finished <exit code>: all cases that were to run have ended; the process is about to return. */
#define HOLDFAST_WORKER_FINISHED "finished"
/* list <case> …: in fork mode, the cases that are to run, in their order; then listed. */
#define HOLDFAST_WORKER_LIST "list"
#define HOLDFAST_WORKER_LISTED "listed"
/* cannot-fork <why>: instead of the list, or before `listed`; the program ends. */
#define HOLDFAST_WORKER_CANNOT_FORK "cannot-fork"

/* --- exec -> program, on the worker socket ------------------------------------------------- */
/* The answer to hello: `mode report`, with or without the descriptor of a progress log; or
 * `mode report ask`, if the program is to ask after each case; or `mode fork <path of the launcher>
 * <grace ms>`. */
#define HOLDFAST_WORKER_MODE "mode"
#define HOLDFAST_WORKER_MODE_REPORT "report"
#define HOLDFAST_WORKER_MODE_FORK "fork"
/* run <number> <case>, with three descriptors: stdout, stderr, report socket. An anchor that has
 * said `over` gets it on its report socket, with stdout and stderr only. */
#define HOLDFAST_WORKER_RUN "run"
/* quit: no more cases will come. */
#define HOLDFAST_WORKER_QUIT "quit"

/* --- the progress log ------------------------------------------------------------------------ */
/* A file in memory that both sides map. begin, end, retire and finished cost no system call there.
 * It starts with two 32-bit numbers, read and written atomically: how many bytes of records there
 * are, and whether the reader wants `news` of the next one. Records begin at
 * HOLDFAST_WORKER_LOG_HEADER; each is a multiple of 8 bytes. A record is 64 bits, then a message.
 * The low 16 bits are the size of the message, the others its time in us of CLOCK_MONOTONIC. The
 * message is as in a packet, or short: one of the bytes below, with the case's name after
 * LOG_BEGIN. A short end belongs to the case that has begun. */
#define HOLDFAST_WORKER_LOG_SIZE 65536
#define HOLDFAST_WORKER_LOG_HEADER 64
#define HOLDFAST_WORKER_LOG_RECORD_HEADER 8
#define HOLDFAST_WORKER_LOG_BEGIN 1
#define HOLDFAST_WORKER_LOG_PASSED 2
#define HOLDFAST_WORKER_LOG_FAILED 3
#define HOLDFAST_WORKER_LOG_SKIPPED 4

/* --- on the report socket of an anchor and the case it has forked ---------------------------- */
/* Child and anchor -> exec. What the child says of its case it writes into memory that it shares
 * with the anchor, because a case may close its descriptors. */
/* child <anchor's pid> <pid> <start>: from the child, before anything else. */
#define HOLDFAST_WORKER_CHILD "child"
/* over <wait status> <user us> <system us> <peak kB> passed|failed|skipped|unsaid 1|0: the child is
 * gone and has left nothing. The last two fields are what it said of its case, and whether all that
 * was to run has run. The anchor waits for another `run`. */
#define HOLDFAST_WORKER_UNSAID "unsaid"
#define HOLDFAST_WORKER_OVER "over"
/* ended, with the same fields: the child is gone, but left processes. The anchor forks no more. */
#define HOLDFAST_WORKER_ENDED "ended"
/* left <count> [<pid> <name>] …: the child left these processes, which are now being ended. */
#define HOLDFAST_WORKER_LEFT "left"
/* gone <survivors>: the last message: how many processes could not be ended. 0: none are left. */
#define HOLDFAST_WORKER_GONE "gone"
/* failed <why>: instead of child. */
#define HOLDFAST_WORKER_CHILD_FAILED "failed"
/* exec -> anchor: */
/* terminate <signal> <grace ms>: end the tree of this case. */
#define HOLDFAST_WORKER_TERMINATE "terminate"

/* --- how the launcher takes an anchor's place ----------------------------------------------- */
/* <launcher> --anchor <report socket> <grace ms> <child's pid, or 0 if it has been reaped>
 *            <signal to begin with> <wait status> <user us> <system us> <peak kB>
 * by execv(2): same pid, same children. */
#define HOLDFAST_WORKER_ANCHOR_OPTION "--anchor"

#endif
