/*
 * service_redis.c - Debian's redis-server 7 over its socket, with `appendfsync always`.
 *
 * It has no search by vector (that came with Redis 8), so it is here for what it can do of the same:
 * a vector's bytes stored under a key, and read.
 */

#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "service.h"

/* Redis gives no numbers, so the clients count. */
static atomic_ullong next_id;

struct redis {
	redisContext *c;
};

static int
fail(const struct redis *r, const char *what)
{
	fprintf(stderr, "redis: %s: %s\n", what, r->c->err != 0 ? r->c->errstr : "an error");
	return -1;
}

static void
close_redis(void *conn)
{
	struct redis *r = conn;

	redisFree(r->c);
	free(r);
}

static void *
open_redis(const char *where)
{
	struct redis *r = malloc(sizeof(*r));

	if (r == NULL || (r->c = redisConnectUnix(where)) == NULL)
		abort();
	if (r->c->err != 0) {
		fail(r, where);
		close_redis(r);
		return NULL;
	}
	return r;
}

static int
take(struct redis *r, const char *what, int type)
{
	redisReply *reply = NULL;
	int rc = 0;

	if (redisGetReply(r->c, (void **)&reply) != REDIS_OK || reply->type != type)
		rc = fail(r, what);
	freeReplyObject(reply);
	return rc;
}

static int
add(void *conn, const float *x, size_t n)
{
	struct redis *r = conn;
	int rc = 0;

	/* All of a batch is synced at once. */
	redisAppendCommand(r->c, "MULTI");
	for (size_t i = 0; i < n; i++)
		redisAppendCommand(r->c, "SET %llu %b", atomic_fetch_add(&next_id, 1), x + i * DIM,
		    DIM * sizeof(*x));
	redisAppendCommand(r->c, "EXEC");
	rc |= take(r, "MULTI", REDIS_REPLY_STATUS);
	for (size_t i = 0; i < n; i++)
		rc |= take(r, "SET", REDIS_REPLY_STATUS);
	rc |= take(r, "EXEC", REDIS_REPLY_ARRAY);
	return rc;
}

static int
get(void *conn, uint64_t id)
{
	struct redis *r = conn;

	redisAppendCommand(r->c, "GET %llu", (unsigned long long)id);
	return take(r, "GET", REDIS_REPLY_STRING);
}

const struct service service_redis = { "redis-server", open_redis, close_redis, add, get, NULL,
	NULL };
