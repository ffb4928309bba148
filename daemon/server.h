/*
 * server.h - the socket, the connections, the signals: everything that runs on the loop.
 */

#ifndef SERVER_H
#define SERVER_H

#include "daemon.h"

struct server_options {
	const char *path;	/* of the socket */
	const char *group;	/* its members may connect too, or NULL */
	int ready_fd;		/* gets a newline when we serve, and is closed; -1: none */
};

/*
 * Serve until SIGTERM or SIGINT; then take no new requests, let the running ones finish, and return
 * 0 with the socket removed.  -1 and the reason when it cannot begin.
 */
int server_run(struct daemon *d, const struct server_options *o, struct err *err);

#endif
