/*
 * exchange.h - one request and its answer, without a word of how bytes came or go.
 *
 * The server makes an exchange when a request line has come, fills in the head and calls
 * exchange_begin, hands over the body piece by piece, and calls exchange_ready.  Whenever one of
 * them leaves the state at ANSWERED the answer can be sent; after exchange_ready the state may be
 * ASKING: then `route->op` with `args` and `token` belongs sent to the daemon, and exchange_answer
 * (or exchange_lost) makes the answer.  An exchange belongs to one thread.
 */

#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "client.h"
#include "guard.h"
#include "problem.h"
#include "route.h"
#include "target.h"

#define EXCHANGE_SMALL ((size_t)64 << 10)	/* most bytes of a body, unless ROUTE_LARGE */
#define EXCHANGE_BODIES ((size_t)256 << 20)	/* of all bodies together */
#define EXCHANGE_THROWN ((size_t)32 << 20)	/* of a body that is refused; more is hung up on */
#define EXCHANGE_ID_MAX 128			/* of X-Request-Id and Idempotency-Key */

enum exchange_state { EXCHANGE_READING, EXCHANGE_ASKING, EXCHANGE_ANSWERED };

/* What is sent back.  `body` is freed by the exchange, unless `fixed`. */
struct answer {
	int status;
	const char *type;
	char *body;
	size_t n;
	bool fixed;
	bool page;		/* HTML that brings its own style */
	bool hang_up;		/* the connection ends with it */
	char allow[64];		/* the header Allow, when not empty */
};

struct exchange {
	const struct guard *guard;
	const char *method;	/* borrowed, as the head's values are, until the exchange ends */
	struct head head;
	struct target target;
	const struct route *route;
	struct buf body;
	bool too_large;
	bool out_of_room;	/* of EXCHANGE_BODIES */
	size_t thrown;		/* bytes of the body that were thrown away */
	char id[EXCHANGE_ID_MAX + 1];	/* X-Request-Id */

	enum exchange_state state;
	const char *token;	/* borrowed */
	json_t *args;
	bool once;		/* args has a request_id: asking twice is safe */
	int code;		/* of wire_code or problem_code, for the metrics */
	struct answer answer;
	int64_t began;		/* ns, of the monotonic clock */

	/* the pool's and the server's */
	struct exchange *next;
	int64_t give_up;	/* ms */
	int tries;
	void *connection;
};

/* A new exchange for a request to `uri`; what is wrong with it is said by exchange_begin.  NULL: no
 * memory. */
struct exchange *exchange_new(const struct guard *guard, const char *uri);
void exchange_free(struct exchange *x);

/* The head is whole. */
void exchange_begin(struct exchange *x, const char *method);

/* A piece of the body; what is over the limit is counted and thrown away.  False: hang up on it. */
bool exchange_body(struct exchange *x, const char *p, size_t n);

/* The body is whole. */
void exchange_ready(struct exchange *x);

/* The daemon has answered. */
void exchange_answer(struct exchange *x, const struct client_reply *r);

/* It has not: `rc` is a failure of client.h.  `sent`: it may have worked on it. */
void exchange_lost(struct exchange *x, int rc, bool sent, const struct err *err);

/* --- answers; each leaves the state ANSWERED --- */

/* An error, as {"detail","error"}; `parameter` names the one that is to blame, or is NULL. */
void exchange_fail(struct exchange *x, int code, const char *parameter, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A JSON body; it is only read. */
void exchange_json(struct exchange *x, int status, const json_t *body);

/* A body of type `type`; takes what `b` holds. */
void exchange_take(struct exchange *x, const char *type, struct buf *b);

/* The same with memory that outlives the exchange. */
void exchange_fixed(struct exchange *x, const char *type, const char *p, size_t n);

#endif
