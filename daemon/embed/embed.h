/*
 * embed.h - from a text to a vector.
 *
 * An embedder has an *identity*: provider, model, dim and version.  Two texts may be compared when
 * their vectors come from equal identities and never otherwise, so whatever could change a single
 * bit of the output (the algorithm, its constants, the Unicode tables) is part of the identity.
 */

#ifndef EMBED_H
#define EMBED_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	EMBED_EINVAL = -1,	/* a setting or a text that cannot be: the sentence says which */
	EMBED_EUNAVAILABLE = -2, /* the service cannot be had now */
	EMBED_ERATE = -3,	/* the service asks for patience */
	EMBED_ENOMEM = -4,
};

#define EMBED_LOCAL_DIM_MIN 64
#define EMBED_LOCAL_DIM_DEFAULT 512
#define EMBED_LOCAL_DIM_MAX 4096

struct embed_identity {
	char provider[16];	/* "local" */
	char model[64];		/* "ngram" */
	char version[32];	/* of algorithm and tables, as in "1-u15.0" */
	uint32_t dim;
};

struct embed_config {
	const char *provider;	/* "local" */
	const char *model;	/* NULL: the provider's default */
	size_t dim;		/* 0: the provider's default */
	const char *folder;	/* of the data, where words has its tables; NULL: there is none */
};

struct embed_text {
	const char *p;		/* valid UTF-8, not terminated */
	size_t len;		/* bytes, at least 1 */
};

struct embedder;

/* Make an embedder.  0, EMBED_EINVAL or EMBED_ENOMEM. */
int embedder_open(const struct embed_config *c, struct embedder **out, struct err *err);

/* Free it; NULL is fine. */
void embedder_close(struct embedder *e);

/* Borrowed; good until embedder_close. */
const struct embed_identity *embedder_identity(const struct embedder *e);

/*
 * Embed `n` texts into `out`, n rows of dim floats, each finite and of unit length.
 * Any thread; `e` is only read.  0, or EMBED_EINVAL (text number `*bad` cannot be embedded: it has
 * no letter, digit or symbol), or another of the above; then `out` is undefined.
 */
int embedder_embed(const struct embedder *e, const struct embed_text *texts, size_t n, float *out,
    size_t *bad, struct err *err);

#endif
