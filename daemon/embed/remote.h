/*
 * remote.h - what the providers that ask a service have in common.
 *
 * A provider of this sort is a `remote_kind`: names, limits, and two functions that know the
 * service's JSON.  Settings, URL, key, prefixes, statuses and the check of the numbers are the same
 * for all (remote.c, remote_reply.c, remote_quota.c).
 */

#ifndef EMBED_REMOTE_H
#define EMBED_REMOTE_H

#include <jansson.h>

#include "provider.h"

struct remote;

#define REMOTE_WAIT_MAX_S 86400	/* seconds; a service that asks for longer is taken to mean this */

struct remote_kind {
	const char *provider;
	const char *base;		/* of the service itself */
	const char *model;		/* the service's own default */
	const char *key_setting;	/* where the key is set */
	const char *key_header;		/* what stands before the key in its header */
	size_t dim_max;
	size_t texts_max;		/* in one request */
	bool others;			/* other services answer so too: other models and dims, perhaps no key */

	/* Check the model's name (it may be changed) and fill dim, prefixes, flags.  0 or EMBED_EINVAL. */
	int (*model_init)(struct remote *m, const struct embed_config *c, struct err *err);

	/* What is added to the base for `n` texts; free it.  NULL: no memory. */
	char *(*path)(const struct remote *m, size_t n);

	/* The body; NULL: no memory, or a prefix is no UTF-8. */
	json_t *(*body)(const struct remote *m, enum embed_purpose purpose,
	    const struct embed_text *texts, size_t n);

	/* The array or the string of text number `i` in the answer, or NULL. */
	const json_t *(*row)(const json_t *root, size_t i, size_t n);

	/* How many rows the answer has. */
	size_t (*nrows)(const json_t *root);
};

struct remote {
	const struct remote_kind *kind;
	char *base;			/* without a slash at its end */
	char *key;			/* NULL: none */
	bool own;			/* `base` is the service's own, and wants a key */
	char *prefix[2];
	char model[64];
	uint32_t dim;			/* 0: what comes */
	bool ask_dim;			/* the request says the dim */
	bool tasks;			/* the request says the purpose */
};

int remote_open(const struct remote_kind *k, const struct embed_config *c,
    struct embed_identity *id, void **state, struct err *err);
void remote_close(void *state);
int remote_ready(const void *state, struct err *err);
size_t remote_batch(const void *state, const struct embed_text *texts, size_t n);
int remote_request(const void *state, enum embed_purpose purpose, const struct embed_text *texts,
    size_t n, struct embed_request *out, struct err *err);
int remote_reply(const void *state, const struct embed_reply *r, size_t n, float **rows, size_t *dim,
    struct embed_again *again, struct err *err);

/* The text with its prefix as a JSON string; NULL: no memory or no UTF-8. */
json_t *remote_text(const struct remote *m, enum embed_purpose purpose, const struct embed_text *t);

/*
 * May a key be sent there?  An https URL, or http to the loopback, with neither user, query nor
 * fragment.  0, or EMBED_EINVAL with a sentence that does not repeat it.
 */
int remote_check_url(const char *url, struct err *err);

/* What its Retry-After says, in milliseconds, or -1. */
int64_t remote_wait(const struct embed_reply *r);

/*
 * What a refusal of too many requests (status 429) says: EMBED_EAGAIN and *again, or EMBED_ERATE
 * when there is no more today.  `root` is the answer, or NULL.
 */
int remote_quota(const struct remote *m, const struct embed_reply *r, const json_t *root,
    struct embed_again *again, struct err *err);

/*
 * The service's own words for an error, cut to fit, with control characters and all that looks like
 * a part of the key replaced; empty when there are none.
 */
void remote_words(const struct remote *m, const json_t *root, char *out, size_t n);

#endif
