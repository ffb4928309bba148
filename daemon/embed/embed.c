/*
 * embed.c - the table of providers, and an embedder as one row of it with an identity.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "file.h"
#include "provider.h"

struct embedder {
	const struct embed_provider *provider;
	struct embed_identity id;
	void *state;		/* the provider's */
	atomic_uint holders;
};

static const struct embed_provider *const providers[] = {
	&embed_local,
	&embed_words,
	&embed_gemini,
	&embed_openai,
};

#define NPROVIDERS (sizeof(providers) / sizeof(providers[0]))

/* The row called `name`, or NULL with a sentence that lists the names there are. */
static const struct embed_provider *
provider_find(const char *name, struct err *err)
{
	char known[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < NPROVIDERS; i++) {
		if (name != NULL && strcmp(providers[i]->name, name) == 0)
			return providers[i];
		if (len < sizeof(known))
			len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s",
			    i == 0 ? "" : ", ", providers[i]->name);
	}
	err_set(err, EMBED_EINVAL, "embedder provider \"%.32s\" is unknown: there is %s",
	    name == NULL ? "" : name, known);
	return NULL;
}

int
embedder_open(const struct embed_config *c, struct embedder **out, struct err *err)
{
	const struct embed_provider *p;
	struct embedder *e = NULL;
	int rc;

	*out = NULL;
	if ((p = provider_find(c->provider, err)) == NULL) {
		rc = EMBED_EINVAL;
		goto out;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for an embedder");
		goto out;
	}
	e->provider = p;
	atomic_init(&e->holders, 1);
	snprintf(e->id.provider, sizeof(e->id.provider), "%s", p->name);
	if ((rc = p->open(c, &e->id, &e->state, err)) != 0)
		goto out;
	*out = e;
	e = NULL;		/* now the caller's */
out:
	embedder_close(e);
	return rc;
}

struct embedder *
embedder_hold(struct embedder *e)
{
	atomic_fetch_add(&e->holders, 1);
	return e;
}

void
embedder_close(struct embedder *e)
{
	if (e == NULL || atomic_fetch_sub(&e->holders, 1) > 1)
		return;
	e->provider->close(e->state);
	free(e);
}

const struct embed_identity *
embedder_identity(const struct embedder *e)
{
	return &e->id;
}

int
embedder_embed(const struct embedder *e, const struct embed_text *texts, size_t n, float *out,
    size_t *bad, struct err *err)
{
	assert(!embedder_is_remote(e));
	return e->provider->embed(e->state, texts, n, out, bad, err);
}

bool
embedder_is_remote(const struct embedder *e)
{
	return e->provider->request != NULL;
}

int
embedder_ready(const struct embedder *e, struct err *err)
{
	return embedder_is_remote(e) ? e->provider->ready(e->state, err) : 0;
}

size_t
embedder_batch(const struct embedder *e, const struct embed_text *texts, size_t n)
{
	return e->provider->batch(e->state, texts, n);
}

int
embedder_request(const struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, struct embed_request *out, struct err *err)
{
	return e->provider->request(e->state, purpose, texts, n, out, err);
}

int
embedder_reply(const struct embedder *e, const struct embed_reply *r, size_t n, float **rows,
    size_t *dim, struct embed_again *again, struct err *err)
{
	return e->provider->reply(e->state, r, n, rows, dim, again, err);
}

void
embed_request_fini(struct embed_request *r)
{
	for (size_t i = 0; i < EMBED_HEADERS; i++)
		if (r->header[i] != NULL) {
			file_forget(r->header[i], strlen(r->header[i]));
			free(r->header[i]);
		}
	free(r->url);
	buf_fini(&r->body);
	*r = (struct embed_request){ 0 };
}
