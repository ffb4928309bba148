/*
 * embed.c - the table of providers, and an embedder as one row of it with an identity.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "provider.h"

struct embedder {
	const struct embed_provider *provider;
	struct embed_identity id;
	void *state;		/* the provider's */
};

static const struct embed_provider *const providers[] = {
	&embed_local,
	&embed_words,
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
	snprintf(e->id.provider, sizeof(e->id.provider), "%s", p->name);
	if ((rc = p->open(c, &e->id, &e->state, err)) != 0)
		goto out;
	*out = e;
	e = NULL;		/* now the caller's */
out:
	embedder_close(e);
	return rc;
}

void
embedder_close(struct embedder *e)
{
	if (e == NULL)
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
	return e->provider->embed(e->state, texts, n, out, bad, err);
}
