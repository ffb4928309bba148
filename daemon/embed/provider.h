/*
 * provider.h - what a provider is to embed.c.
 *
 * A provider turns texts into vectors in its own way behind three functions; embed.c keeps the
 * table of them and is the only one that knows all their names.
 */

#ifndef EMBED_PROVIDER_H
#define EMBED_PROVIDER_H

#include "embed.h"

struct embed_provider {
	const char *name;	/* as in a setting */

	/*
	 * Check `c`, fill model, version and dim of `id`, and give the provider's own state, which
	 * may be NULL.  0, EMBED_EINVAL or EMBED_ENOMEM.
	 */
	int (*open)(const struct embed_config *c, struct embed_identity *id, void **state,
	    struct err *err);

	/* Free the state; NULL is fine. */
	void (*close)(void *state);

	/* As embedder_embed; `out` has n rows of id->dim floats.  The state is only read. */
	int (*embed)(const void *state, const struct embed_text *texts, size_t n, float *out,
	    size_t *bad, struct err *err);
};

extern const struct embed_provider embed_local;
extern const struct embed_provider embed_words;

#endif
