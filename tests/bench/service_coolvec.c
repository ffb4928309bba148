/*
 * service_coolvec.c - coolvecd over its socket; `where` is SOCKET and the token is in TOKEN.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base64.h"
#include "client.h"
#include "service.h"

static void *
open_socket(const char *where)
{
	struct client *c = NULL;
	struct err err;

	if (client_open(where, &c, &err) != 0)
		fprintf(stderr, "coolvec: %s\n", err.text);
	return c;
}

static void
close_socket(void *conn)
{
	client_close(conn);
}

/* Takes `args`.  The result's member `name` as a number is in *out when both are asked for. */
static int
call(void *conn, const char *op, json_t *args, const char *name, json_int_t *out)
{
	struct client_reply r;
	struct err err;
	int rc = client_call(conn, op, getenv("TOKEN"), args, &r, &err);

	json_decref(args);
	if (rc != 0) {
		fprintf(stderr, "coolvec: %s: %s\n", op, err.text);
		return -1;
	}
	if (r.code != WIRE_OK) {
		fprintf(stderr, "coolvec: %s: %s\n", op, r.message);
		rc = -1;
	} else if (name != NULL) {
		*out = json_integer_value(json_object_get(r.result, name));
	}
	client_reply_fini(&r);
	return rc;
}

static int
add(void *conn, const float *x, size_t n)
{
	char text[BASE64_LEN(DIM * sizeof(float)) + 1];
	json_t *items = json_array();

	for (size_t i = 0; i < n; i++) {
		base64_encode(x + i * DIM, DIM * sizeof(*x), text);
		json_array_append_new(items, json_pack("{s:s}", "vector", text));
	}
	return call(conn, "add", json_pack("{s:s, s:o}", "collection", "bench", "items", items), NULL,
	    NULL);
}

static int
get(void *conn, uint64_t id)
{
	return call(conn, "get",
	    json_pack("{s:s, s:[I], s:b}", "collection", "bench", "ids", (json_int_t)id,
	        "with_vector", 1),
	    NULL, NULL);
}

static int
search(void *conn, uint64_t id)
{
	return call(conn, "similarity",
	    json_pack("{s:s, s:I, s:i}", "collection", "bench", "id", (json_int_t)id, "k", NEAREST),
	    NULL, NULL);
}

static int
settle(void *conn)
{
	json_int_t tail = 1;

	while (tail > 0) {
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		if (call(conn, "stats", json_pack("{s:s}", "collection", "bench"), "tail", &tail) != 0)
			return -1;
	}
	return 0;
}

const struct service service_coolvec = { "coolvec", open_socket, close_socket, add, get, search,
	settle };
