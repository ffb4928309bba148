/*
 * exchange.c - the order in which a request is judged.
 *
 * Cheapest first, and nothing of the body is read for a request that will be refused: who asks
 * (guard.c), what for (route.c), with a token, how much, in which form; then the body and the
 * arguments (bind.c).
 */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "bind.h"
#include "exchange.h"
#include "file.h"
#include "num.h"
#include "pages.h"
#include "shape.h"

static atomic_size_t bodies;	/* bytes of all bodies that are held now */

static int64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct exchange *
exchange_new(const struct guard *guard, const char *uri)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct err err;
	int rc;

	if (x == NULL)
		return NULL;
	x->guard = guard;
	x->began = clock_ns();
	if ((rc = target_parse(uri, &x->target, &err)) != 0)
		exchange_fail(x, rc == -2 ? WIRE_INTERNAL : WIRE_BAD_REQUEST, NULL, "%s", err.text);
	return x;
}

static void
forget_body(struct exchange *x)
{
	atomic_fetch_sub(&bodies, x->body.len);
	if (x->body.p != NULL)
		file_forget(x->body.p, x->body.len);
	buf_fini(&x->body);
	x->body = (struct buf){ 0 };
}

void
exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	forget_body(x);
	target_fini(&x->target);
	json_decref(x->args);
	if (!x->answer.fixed)
		free(x->answer.body);
	free(x);
}

/* --- the head --- */

/* The client's own name for the request if it is a harmless one, else a new one. */
static void
name_request(struct exchange *x)
{
	static _Thread_local unsigned char prefix[8];
	static _Thread_local uint64_t count;
	const char *given = x->head.request_id;
	size_t n = given != NULL ? strspn(given, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz-_.:") : 0;

	if (n > 0 && n <= EXCHANGE_ID_MAX && given[n] == '\0') {
		memcpy(x->id, given, n + 1);
		return;
	}
	if (count++ == 0)
		file_random(prefix, sizeof(prefix));
	for (size_t i = 0; i < sizeof(prefix); i++)
		snprintf(x->id + 2 * i, 3, "%02x", prefix[i]);
	snprintf(x->id + 2 * sizeof(prefix), 18, "-%llx", (unsigned long long)count);
}

static bool
has_body(const struct head *h)
{
	return h->transfer_encoding != NULL ||
	       (h->content_length != NULL &&
		   strspn(h->content_length, "0") != strlen(h->content_length));
}

static void
answer_options(struct exchange *x, const char *allow)
{
	x->answer.status = 204;
	snprintf(x->answer.allow, sizeof(x->answer.allow), "%s", allow);
	x->state = EXCHANGE_ANSWERED;
}

/* False when the answer is made. */
static bool
find_route(struct exchange *x)
{
	char allow[sizeof(x->answer.allow)];

	if (x->target.asterisk && strcmp(x->method, "OPTIONS") == 0) {
		answer_options(x, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
		return false;
	}
	x->route =
	    route_find(x->method, x->target.segments, x->target.nsegments, allow, sizeof(allow));
	if (x->route != NULL)
		return true;
	if (allow[0] == '\0') {
		exchange_fail(x, WIRE_NOT_FOUND, NULL, "there is nothing at this path");
	} else if (strcmp(x->method, "OPTIONS") == 0) {
		answer_options(x, allow);
	} else {
		exchange_fail(x, PROBLEM_METHOD, NULL, "this path takes %s", allow);
		snprintf(x->answer.allow, sizeof(x->answer.allow), "%s", allow);
	}
	return false;
}

static bool
find_token(struct exchange *x)
{
	const char *a = x->head.authorization;

	if (a != NULL && strncasecmp(a, "Bearer ", 7) == 0) {
		a += 7;
		a += strspn(a, " ");
		if (*a != '\0')
			x->token = a;
	}
	if (x->token != NULL || (x->route->flags & ROUTE_OPEN) != 0)
		return true;
	exchange_fail(x, WIRE_UNAUTHENTICATED, NULL, "no access token: Authorization: Bearer ...");
	return false;
}

static size_t
body_limit(const struct exchange *x)
{
	return (x->route->flags & ROUTE_LARGE) != 0 ? WIRE_LINE_MAX : EXCHANGE_SMALL;
}

static void
fail_large(struct exchange *x)
{
	exchange_fail(x, WIRE_TOO_LARGE, NULL, "the body is over %zu bytes", body_limit(x));
}

/* The form of the body that is announced: one the route takes.  False when the answer is made. */
static bool
check_body(struct exchange *x)
{
	unsigned flags = x->route->flags;
	uint64_t n;

	if (x->head.content_length != NULL &&
	    !num_parse(x->head.content_length, 0, body_limit(x), &n)) {
		fail_large(x);
		return false;
	}
	if (bind_form(x->head.content_type, flags) != 0)
		return true;
	if ((flags & ROUTE_BODY) == 0)
		exchange_fail(x, WIRE_BAD_REQUEST, NULL, "this request takes no body");
	else
		exchange_fail(x, PROBLEM_MEDIA_TYPE, NULL, "the body's Content-Type is not %s",
		    (flags & ROUTE_LINES) != 0 ? "application/json or application/x-ndjson" :
		    (flags & ROUTE_FORM) != 0 ? "application/json or that of a form" :
		    "application/json");
	return false;
}

void
exchange_begin(struct exchange *x, const char *method)
{
	struct err err;
	int code;

	x->method = method;
	name_request(x);
	if (x->state != EXCHANGE_ANSWERED) {
		if ((code = guard_check(x->guard, &x->head, &err)) != 0)
			exchange_fail(x, code, NULL, "%s", err.text);
		else if (find_route(x) && find_token(x) && has_body(&x->head))
			check_body(x);
	}
	/*
	 * The body of a refused request is read and thrown away, so that the client, which may be
	 * sending yet, gets to see the answer; but not when it waits for a word, or its length
	 * cannot be known.
	 */
	if (x->state == EXCHANGE_ANSWERED && (x->head.expect != NULL || !guard_trusts(&x->head)))
		x->answer.hang_up = true;
}

/* --- the body --- */

bool
exchange_body(struct exchange *x, const char *p, size_t n)
{
	uint64_t whole;

	if (x->state == EXCHANGE_ANSWERED || x->too_large || x->out_of_room) {
		x->thrown += n;
		return x->thrown <= EXCHANGE_THROWN;
	}
	if (x->body.len + n > body_limit(x)) {
		x->too_large = true;
		return true;
	}
	/* Room at once for what may be a password, so that growing leaves no copy of it behind. */
	if (x->body.len == 0 && x->head.content_length != NULL &&
	    num_parse(x->head.content_length, 0, EXCHANGE_SMALL, &whole))
		buf_room(&x->body, (size_t)whole);
	if (atomic_fetch_add(&bodies, n) + n > EXCHANGE_BODIES || !buf_put(&x->body, p, n)) {
		atomic_fetch_sub(&bodies, n);
		x->out_of_room = true;
	}
	return true;
}

void
exchange_ready(struct exchange *x)
{
	if (x->state == EXCHANGE_ANSWERED)
		return;
	if (x->too_large)
		fail_large(x);
	else if (x->out_of_room)
		exchange_fail(x, WIRE_BUSY, NULL, "too many large requests at once");
	else if (bind_args(x) != 0)
		x->state = EXCHANGE_ANSWERED;
	else if (x->route->op == NULL)
		x->route->answer(x, NULL);
	else
		x->state = EXCHANGE_ASKING;
	forget_body(x);
}

/* --- the daemon's part --- */

void
exchange_answer(struct exchange *x, const struct client_reply *r)
{
	const struct route *route = x->route;
	json_t *body;

	if (route->answer != NULL && (r->code == WIRE_OK || (route->flags & ROUTE_HIDDEN) != 0)) {
		route->answer(x, r);
	} else if (r->code != WIRE_OK) {
		exchange_fail(x, (int)r->code, NULL, "%s", r->message);
		if (r->detail != NULL &&
		    (body = json_loadb(x->answer.body, x->answer.n, 0, NULL)) != NULL) {
			json_object_update_missing(body, r->detail);
			exchange_json(x, x->answer.status, body);
			json_decref(body);
		}
	} else if (shape_wants_lines(x)) {
		shape_lines(x, r->result);
	} else {
		exchange_json(x, route->status, r->result);
	}
}

void
exchange_lost(struct exchange *x, int rc, bool sent, const struct err *err)
{
	struct client_reply r = { .code = WIRE_UNAVAILABLE,
		.message = "the daemon does not answer" };

	if (rc == CLIENT_EBIG) {
		r.code = WIRE_TOO_LARGE;
		r.message = err->text;
	} else if (rc == CLIENT_ENOMEM) {
		r.code = WIRE_INTERNAL;
		r.message = err->text;
	} else if (sent && (x->route->flags & ROUTE_SAFE) == 0) {
		r.code = WIRE_UNKNOWN;
		r.message =
		    "the daemon went away before it answered; what was asked may have happened";
	}
	exchange_answer(x, &r);
}
