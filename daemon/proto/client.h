/*
 * client.h - the asking end of the wire.
 *
 * A client is one connection to the daemon.  Requests may be sent ahead: client_send queues one
 * more, client_recv takes the oldest answer that is still owed.  Waiting to send never deadlocks
 * with a daemon that waits to answer, because answers are taken in meanwhile.
 *
 * After CLIENT_ELOST, CLIENT_EINTR or CLIENT_EWIRE every owed answer is gone, and only
 * client_reopen and client_close make sense.  What was asked may have been done or not; a request
 * with a request_id may be sent again.  A client belongs to one thread.
 */

#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "wire.h"

struct client;

enum {
	CLIENT_ENONE = -1,	/* nobody answers at that path */
	CLIENT_ELOST = -2,	/* the connection ended */
	CLIENT_EWIRE = -3,	/* the other side does not speak the protocol */
	CLIENT_EBIG = -4,	/* the request is over WIRE_LINE_MAX; nothing was sent */
	CLIENT_ENOMEM = -5,
	CLIENT_EINTR = -6,	/* told not to wait any longer: see client_watch */
};

/* An answer.  All but `root` is borrowed from it; zeroed memory is an empty one. */
struct client_reply {
	json_t *root;
	enum wire_code code;	/* WIRE_OK, then result; else message and detail */
	json_t *result;
	const char *message;
	json_t *detail;		/* NULL when there is none */
};

/* Frees what the reply holds and empties it. */
void client_reply_fini(struct client_reply *r);

/* Connect to the socket at `path`.  0, CLIENT_ENONE or CLIENT_ENOMEM. */
int client_open(const char *path, struct client **out, struct err *err);
void client_close(struct client *c);

/*
 * Connect anew, trying for up to `ms` milliseconds with growing pauses; what was owed is forgotten.
 * 0 or CLIENT_ENONE.
 */
int client_reopen(struct client *c, int ms, struct err *err);

/*
 * Send a request.  `token` and `args` may be NULL; both are only read.  The request's bytes are
 * overwritten in memory once they are sent.  0, or ELOST, EBIG, ENOMEM.
 */
int client_send(struct client *c, const char *op, const char *token, json_t *args, struct err *err);

/*
 * Wait for the oldest answer that is owed; one must be.  0 also when the answer is an error: see
 * r->code.  Else ELOST, EWIRE or ENOMEM.  The caller ends `r`.
 */
int client_recv(struct client *c, struct client_reply *r, struct err *err);

/* client_send and client_recv; nothing may be owed. */
int client_call(struct client *c, const char *op, const char *token, json_t *args,
    struct client_reply *r, struct err *err);

/*
 * From now on waiting ends with CLIENT_EINTR once `fd` is readable (-1: nothing is watched), or
 * after `ms` milliseconds in which nothing came (-1: no limit).  Seen before a request is sent,
 * nothing was sent; seen while an answer is owed, the connection is closed, as with CLIENT_ELOST.
 */
void client_watch(struct client *c, int fd, int ms);

/* Whether the connection stands: it was not closed, by either side, and nothing is owed. */
bool client_alive(const struct client *c);

/* How many answers are owed. */
size_t client_owed(const struct client *c);

/* The socket, to poll for reading (-1 while there is none); and whether a whole answer has come. */
int client_fd(const struct client *c);
bool client_ready(const struct client *c);

#endif
