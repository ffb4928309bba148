/*
 * service.h - what the benchmark of whole services asks of one.
 *
 * Every client is a thread with a connection of its own.  Vectors have DIM components and are
 * numbered from 0 in the order they are added; the services keep them so that an answered add has
 * been synced.  Calls return 0, or -1 after a sentence on standard error.
 */

#ifndef SERVICE_H
#define SERVICE_H

#include <stddef.h>
#include <stdint.h>

#define DIM 100
#define BATCH 1000
#define NEAREST 10

struct service {
	const char *name;
	/* A connection to the service that service.sh started (`where`), NULL when it failed. */
	void *(*open)(const char *where);
	void (*close)(void *conn);
	/* Add `n` vectors, n x DIM floats, in one request; synced when it returns. */
	int (*add)(void *conn, const float *x, size_t n);
	/* Read the vector numbered `id`; NULL: that takes no call. */
	int (*get)(void *conn, uint64_t id);
	/* The NEAREST vectors to the one numbered `id` by cosine; NULL: the service has no such thing. */
	int (*search)(void *conn, uint64_t id);
	/* Wait until what was added is indexed; NULL: there is nothing to wait for. */
	int (*settle)(void *conn);
};

extern const struct service service_libvec, service_coolvec, service_redis, service_sqlite;

#endif
