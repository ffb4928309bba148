/*
 * embed.h - from a text to a vector.
 *
 * An embedder has an *identity*: provider, model, dim and version.  Two texts may be compared when
 * their vectors come from equal identities and never otherwise, so whatever could change a single
 * bit of the output (the algorithm, its constants, the Unicode tables, what is put before a text) is
 * part of the identity.
 *
 * There are two sorts.  A *local* one computes: embedder_embed.  A *remote* one asks a service, and
 * what is here is only the two ends of that, without any network: embedder_request says what to send
 * for some texts, embedder_reply makes vectors of what came back, or says what to do about it.  What
 * lies between (connections, waiting, trying again, pacing, remembering) is the caller's: the
 * daemon's is embedding.h, whose embedding_wait takes any number of texts and an embedder of either
 * sort, and is what a job in the background calls.
 */

#ifndef EMBED_H
#define EMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum {
	EMBED_EINVAL = -1,	/* a setting or a text that cannot be: the sentence says which */
	EMBED_EUNAVAILABLE = -2, /* the service cannot be had now, or its settings are wrong */
	EMBED_ERATE = -3,	/* the service's quota is used up */
	EMBED_ENOMEM = -4,
	EMBED_EAGAIN = -5,	/* of embedder_reply alone: the same request may do better later */
};

#define EMBED_LOCAL_DIM_MIN 64
#define EMBED_LOCAL_DIM_DEFAULT 512
#define EMBED_LOCAL_DIM_MAX 4096

#define EMBED_REMOTE_DIM_MAX 16000
#define EMBED_REPLY_MAX ((size_t)8 << 20) /* bytes of an answer; a longer one is refused */
#define EMBED_PER_MINUTE_MAX 1000000

/* What a text is embedded for; some models embed what is searched for otherwise than what is found. */
enum embed_purpose { EMBED_DOCUMENT, EMBED_QUERY };

struct embed_identity {
	char provider[16];	/* "local" */
	char model[64];		/* "ngram" */
	char version[32];	/* of algorithm and tables, as in "1-u15.0" */
	uint32_t dim;		/* 0: a remote one's, not known before its first answer */
};

/* Where and how a remote provider asks.  NULL: the provider's own way. */
struct embed_service {
	const char *base_url;	/* up to and including /v1beta or /v1 */
	const char *key;	/* secret; NULL: none */
	const char *prefix[2];	/* put before a text, by purpose */
};

struct embed_config {
	const char *provider;	/* "local" */
	const char *model;	/* NULL: the provider's default */
	size_t dim;		/* 0: the provider's default */
	const char *version;	/* of the space to go on with; NULL: a new one */
	struct embed_service service;
	const char *folder;	/* of the data, where words has its tables; NULL: there is none */
};

struct embed_text {
	const char *p;		/* valid UTF-8, not terminated */
	size_t len;		/* bytes, at least 1 */
};

struct embedder;

/*
 * Make an embedder; it keeps copies.  0, EMBED_EINVAL or EMBED_ENOMEM.  Nothing is asked of a
 * service yet, and its key may be missing: then only requests fail.  With a `version` the identity
 * may come out with another one; then new texts do not fit that space.
 */
int embedder_open(const struct embed_config *c, struct embedder **out, struct err *err);

/* One holder more, and one less: the last frees it.  Any thread; NULL is fine for close. */
struct embedder *embedder_hold(struct embedder *e);
void embedder_close(struct embedder *e);

/*
 * For a handler of SIGBUS, as vec_fault in vec.h: a page of a table of words that is no more there.
 * True: the thread may go on; what is embedded by that table fails from now on.
 */
bool embed_fault(const void *at);

/* Borrowed; good until embedder_close. */
const struct embed_identity *embedder_identity(const struct embedder *e);

/* Does it ask a service? */
bool embedder_is_remote(const struct embedder *e);

/*
 * Of a local one: embed `n` texts into `out`, n rows of dim floats, each finite and of unit length.
 * Any thread; `e` is only read.  0, or EMBED_EINVAL (text number `*bad` cannot be embedded: it has
 * no letter, digit or symbol), or another of the above; then `out` is undefined.
 */
int embedder_embed(const struct embedder *e, const struct embed_text *texts, size_t n, float *out,
    size_t *bad, struct err *err);

/* --- remote ones ------------------------------------------------------------------------------- */

#define EMBED_HEADERS 2

struct embed_request {
	char *url;			/* to be POSTed to; holds no secret */
	char *header[EMBED_HEADERS];	/* "Name: value", or NULL; one of them may hold the key */
	struct buf body;		/* JSON */
};

/* Free what it holds and forget the key.  A zeroed one is fine. */
void embed_request_fini(struct embed_request *r);

struct embed_reply {
	long status;		/* of HTTP */
	int64_t retry_after;	/* seconds, by the header; -1: it said nothing */
	const char *body;
	size_t n;
};

/* What to do about EMBED_EAGAIN. */
struct embed_again {
	int64_t wait_ms;	/* -1: nothing was said, so back off */
	bool limited;		/* it was too many texts a minute */
	uint32_t per_minute;	/* how many the service allows; 0: it did not say */
};

/* Can requests be made at all?  0, or EMBED_EUNAVAILABLE and the setting that is missing. */
int embedder_ready(const struct embedder *e, struct err *err);

/* How many of the first of `n` texts (n > 0) go into one request; at least 1. */
size_t embedder_batch(const struct embedder *e, const struct embed_text *texts, size_t n);

/* The request for `n` texts, to be finished by embed_request_fini also after a failure.  0 or a failure. */
int embedder_request(const struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, struct embed_request *out, struct err *err);

/*
 * What came back for `n` texts: 0 and n rows of *dim floats in *rows (to be freed), each finite and
 * of unit length; EMBED_EAGAIN and *again; or EMBED_EUNAVAILABLE, EMBED_ERATE, EMBED_ENOMEM.  The
 * sentence holds no secret, whatever the service wrote.  Any thread.
 */
int embedder_reply(const struct embedder *e, const struct embed_reply *r, size_t n, float **rows,
    size_t *dim, struct embed_again *again, struct err *err);

#endif
