/*
 * worker.h - one thread: a libmicrohttpd daemon and a pool in one epoll loop.
 *
 * libmicrohttpd is run by our own loop (its epoll set is a member of ours), so that a request and
 * the daemon's answer to it meet on one thread: no queue, no lock and no second wake-up lie between
 * them, and a slow answer holds up nobody, because its connection is suspended meanwhile.
 */

#ifndef HTTP_WORKER_H
#define HTTP_WORKER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"
#include "server.h"

/* A client's connection. */
struct peer {
	struct worker *worker;
	int fd;
	int64_t since;		/* ms: begun, or its last answer was made or taken */
	bool asking;		/* the daemon has its request: no deadline of its own */
	struct peer *next, **prev;
};

struct worker {
	const struct server_options *options;
	struct MHD_Daemon *mhd;
	struct pool *pool;
	int epoll;
	int wake;		/* borrowed: readable when it is time to stop */
	bool stopping;
	size_t exchanges;	/* alive */
	struct peer *peers;
	int64_t swept;
};

/* libmicrohttpd's callbacks; `cls` is the worker.  request.c */
void *request_on_uri(void *cls, const char *uri, struct MHD_Connection *c);
enum MHD_Result request_on_data(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *n, void **state);
void request_on_end(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why);
void request_on_connection(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_ConnectionNotificationCode what);

/* The pool has an answer. */
void request_done(struct exchange *x);

/* Send it.  respond.c */
enum MHD_Result respond(struct MHD_Connection *c, struct exchange *x);

#endif
