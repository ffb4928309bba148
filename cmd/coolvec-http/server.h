/*
 * server.h - threads that serve.
 */

#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stddef.h>

#include "err.h"
#include "guard.h"

struct server;

struct server_options {
	const char *socket;	/* of the daemon */
	const struct guard *guard;
	size_t threads;
	size_t connections;	/* at once; more wait to be accepted */
	unsigned timeout;	/* seconds of silence; a request has four times that to be whole */
};

/*
 * Serve on `listener`, a listening socket that does not block and stays the caller's.  What `o`
 * points to must live as long as the server.  Returns when all threads serve: 0, or -1.
 */
int server_start(
    const struct server_options *o, int listener, struct server **out, struct err *err);

/* Accept no more, answer what has been asked (for at most 10 s), end the threads, free. */
void server_stop(struct server *s);

#endif
