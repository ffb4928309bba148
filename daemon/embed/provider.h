/*
 * provider.h - what a provider is to embed.c.
 *
 * A provider turns texts into vectors in its own way behind a few functions; embed.c keeps the
 * table of them and is the only one that knows all their names.  A local provider has `embed`, a
 * remote one the functions after it.
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

	/* As embedder_ready, embedder_batch, embedder_request and embedder_reply. */
	int (*ready)(const void *state, struct err *err);
	size_t (*batch)(const void *state, const struct embed_text *texts, size_t n);
	int (*request)(const void *state, enum embed_purpose purpose, const struct embed_text *texts,
	    size_t n, struct embed_request *out, struct err *err);
	int (*reply)(const void *state, const struct embed_reply *r, size_t n, float **rows,
	    size_t *dim, struct embed_again *again, struct err *err);
};

extern const struct embed_provider embed_local;
extern const struct embed_provider embed_gemini;
extern const struct embed_provider embed_openai;
extern const struct embed_provider embed_words;

#endif
