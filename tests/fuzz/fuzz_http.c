/*
 * fuzz_http.c - a request to coolvec-http: line 1 the method, 2 the target, 3 the media type, then the
 * body.  It goes the way of a real one, as far as the daemon's socket.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "exchange.h"
#include "guard.h"
#include "metrics.h"
#include "pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The next line of `*p`, ended by a NUL. */
static char *
line(char **p)
{
	char *from = *p, *end = from + strcspn(from, "\n");

	*p = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return from;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool ready;
	struct guard guard = { .nhosts = 0 };
	struct err err;
	char *copy = malloc(n + 1), *p = copy, *method, *uri, *type;
	struct exchange *x;
	char length[24];

	if (copy == NULL)
		return 0;
	memcpy(copy, data, n);
	copy[n] = '\0';
	if (!ready) {
		if (pages_init(&err) != 0)
			abort();
		metrics_init();
		ready = true;
	}
	method = line(&p);
	uri = line(&p);
	type = line(&p);
	if ((x = exchange_new(&guard, uri)) == NULL)
		abort();
	x->head.host = "localhost";
	x->head.content_type = type;
	x->head.authorization = "Bearer e30.e30.e30";
	snprintf(length, sizeof(length), "%zu", (size_t)(copy + n - p));
	x->head.content_length = length;
	exchange_begin(x, method);
	if (exchange_body(x, p, (size_t)(copy + n - p)))
		exchange_ready(x);
	assert(x->args == NULL || json_is_object(x->args));
	exchange_free(x);
	free(copy);
	return 0;
}
