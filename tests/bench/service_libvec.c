/*
 * service_libvec.c - the engine in this process, on a folder: what a service adds to it is the difference.
 *
 * All clients share one handle, and adds take turns.  There are no texts, users or transactions.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service.h"
#include "vec.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* guards shared, and adds */
static struct vec *shared;

static int
fail(const char *what, const struct vec_error *err)
{
	fprintf(stderr, "libvec: %s: %s\n", what, err->message);
	return -1;
}

static void *
open_folder(const char *where)
{
	struct vec_options o = { .dim = DIM, .metric = VEC_COSINE, .create = true };
	struct vec_error err;

	pthread_mutex_lock(&lock);
	if (shared == NULL && vec_open(where, &o, &shared, &err) != 0)
		fail(where, &err);
	pthread_mutex_unlock(&lock);
	return shared;
}

static void
close_folder(void *conn)
{
	(void)conn;	/* it goes with the process, as a daemon's does not go with a client */
}

static int
add(void *conn, const float *x, size_t n)
{
	struct vec *v = conn;
	struct vec_error err;
	uint32_t first;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (vec_append(v, x, n, &first, &err) != 0 || vec_sync(v, &err) != 0 ||
	    vec_publish(v, first + (uint32_t)n, &err) != 0)
		rc = fail("add", &err);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
search(void *conn, uint64_t id)
{
	struct vec_query q = VEC_QUERY(NEAREST);
	struct vec_hit hits[NEAREST];
	struct vec_error err;
	size_t n;

	q.except = (uint32_t)id;
	if (vec_search(conn, vec_peek(conn, (uint32_t)id), DIM, &q, hits, &n, &err) != 0 || n != NEAREST)
		return fail("search", &err);
	return 0;
}

static int
settle(void *conn)
{
	struct vec_error err;
	int rc;

	while ((rc = vec_index(conn, 1000, &err)) == 1)
		;
	return rc == 0 ? 0 : fail("index", &err);
}

const struct service service_libvec = { "libvec", open_folder, close_folder, add, NULL, search, settle };
