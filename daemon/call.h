/*
 * call.h - one request on its way to its answer.
 *
 * A call is made by the loop from a line, runs on the work lane, and is finished exactly once, by
 * whatever thread has the answer; from then on it belongs to the loop, which writes the answer and
 * frees it.  JSON values live and die on one thread, so whoever passes a call on to another lane
 * copies what it needs out of the arguments first.
 */

#ifndef CALL_H
#define CALL_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon.h"
#include "lane.h"
#include "meta.h"
#include "token_memo.h"
#include "wire.h"

/* What an operation's function answers. */
enum {
	CALL_DONE = 0,		/* the reply is set */
	CALL_LATER = 1,		/* handed on: somebody else sets the reply and finishes the call */
};

struct embed_job;

struct call {
	struct lane_job job;
	struct daemon *d;
	void *conn;			/* the loop's; nobody else looks inside */
	void (*done)(struct call *c);	/* called once, by any thread, with the reply set */
	struct token_memo *memo;	/* the connection's; whoever runs the call has it.  NULL: none */
	char *line;			/* the request, `nline` bytes */
	size_t nline;

	uint32_t uid;			/* of the process that connected; UINT32_MAX: not known */
	char id[6 * WIRE_ID_MAX + 8];	/* of the request, as JSON; a control character takes 6 */
	struct meta_user user;		/* who asks, when the operation needs a token */
	struct token token;		/* shown and good; of an operation that is open to all: once good */

	atomic_bool gone;		/* nobody waits for the answer any more; set by the loop */
	struct embed_job *wants;	/* texts to be embedded before it can go on, or NULL */
	struct embed_job *embedded;	/* those that have been, chained */

	uint64_t began;			/* metrics_clock when it came */
	size_t op;			/* place in the table of operations, or METRICS_OPS_MAX */
	enum wire_code code;		/* what was answered */

	char *reply;			/* one line with its LF */
	size_t nreply;
	size_t sent;			/* bytes of it that are with the client already */
	bool trusted;			/* the connection has shown who it is */
	bool hang_up;			/* close the connection after the reply */
	size_t charged;			/* bytes of texts and metas in the answer so far */
	bool stale;			/* a collection was replaced while it was looked at */
	bool aside;			/* on the lane of looks that take long (op_verify.c) */
	uint64_t tried, repaired;	/* by verify: ids below, and how many vectors it has made anew */
};

/* Takes `line`.  NULL: no memory, and `line` is freed. */
struct call *call_new(struct daemon *d, void *conn, char *line, size_t nline,
    void (*done)(struct call *c));
void call_free(struct call *c);

/*
 * Parse, authenticate, dispatch.  On the work lane.  A call that is left with `wants` by its
 * operation goes to the embedding service, and is run again from its line when the vectors are there.
 */
void call_run(struct call *c);

/* Set the reply: a result (taken; NULL: no memory) or an error. */
void call_reply(struct call *c, json_t *result);
void call_fail(struct call *c, enum wire_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A sentence as a JSON string.  What is cut to fit may end inside a character, and a path may be of
 * any bytes: then every byte that is not ASCII becomes `?`.  NULL: no memory.
 */
json_t *call_sentence(const char *s);

/* The same with a detail object (taken). */
void call_fail_detail(struct call *c, enum wire_code code, json_t *detail, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A module's failure as the protocol says it: the sentence travels untouched. */
void call_fail_meta(struct call *c, int rc, const struct err *err);
void call_fail_vec(struct call *c, int rc, const char *message);

/* The same of space_embed and collection_embedder; a call that is to be run again gets no answer. */
void call_fail_embed(struct call *c, enum wire_code code, const struct err *err);

enum wire_code call_code_meta(int rc);
enum wire_code call_code_vec(int rc);
enum wire_code call_code_embed(int rc);

/*
 * The answer is to hold `n` more bytes of texts and metas.  False: that is more than
 * COOLVEC_MAX_ANSWER, and the call has failed.
 */
bool call_charge(struct call *c, size_t n);
/* In call_embed.c: hand c->wants to the service, and what comes of it. */
void call_embed(struct call *c);
void call_embed_forget(struct call *c);

/* The reply is set: give the call back to the loop. */
void call_finish(struct call *c);

#endif
