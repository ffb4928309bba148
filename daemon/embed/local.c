/*
 * local.c - the provider "local", model "ngram": a text's words and n-grams hashed into a vector.
 *
 * It needs no model file, no network and no training, and gives the same bits on every machine.  It
 * knows what texts share, not what words mean: "couch" and "sofa" are strangers to it.
 *
 *	local_tokens.c		bytes to folded tokens, in blocks
 *	local_weights.c		what each word counts in the block's language
 *	local_features.c	tokens to sums of hashed features, sums to a unit vector
 *
 * The version names the algorithm (FEATURES_ALGORITHM) and the Unicode tables that utf8proc carries at
 * run time: another table may fold a text otherwise, so it is another identity.
 */

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "local_features.h"
#include "provider.h"

#define MODEL "ngram"

/* x87 would round twice. */
_Static_assert(FLT_EVAL_METHOD == 0, "double is evaluated as double");

struct local {
	uint32_t dim;
	struct weights *weights;
};

/* What one call works with; too large for a stack. */
struct scratch {
	struct token_reader reader;
	struct token_block block;
	struct features features;
};

static void
local_close(void *state)
{
	struct local *l = state;

	if (l == NULL)
		return;
	weights_free(l->weights);
	free(l);
}

static int
local_check(const struct embed_config *c, size_t dim, struct err *err)
{
	if (c->model != NULL && strcmp(c->model, MODEL) != 0)
		return err_set(err, EMBED_EINVAL,
		    "embedder local has no model \"%.64s\": it has " MODEL, c->model);
	if (dim < EMBED_LOCAL_DIM_MIN || dim > EMBED_LOCAL_DIM_MAX)
		return err_set(err, EMBED_EINVAL, "embedder local has dimensions %d to %d, not %zu",
		    EMBED_LOCAL_DIM_MIN, EMBED_LOCAL_DIM_MAX, dim);
	return 0;
}

static int
local_open(const struct embed_config *c, struct embed_identity *id, void **state, struct err *err)
{
	size_t dim = c->dim == 0 ? EMBED_LOCAL_DIM_DEFAULT : c->dim;
	struct local *l = NULL;
	int rc;

	if ((rc = local_check(c, dim, err)) != 0)
		goto out;
	if ((l = calloc(1, sizeof(*l))) == NULL || (l->weights = weights_new()) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for embedder local");
		goto out;
	}
	l->dim = id->dim = (uint32_t)dim;
	snprintf(id->model, sizeof(id->model), MODEL);
	snprintf(id->version, sizeof(id->version), "%d-u%s", FEATURES_ALGORITHM,
	    utf8proc_unicode_version());
	*state = l;
	l = NULL;		/* now the embedder's */
out:
	local_close(l);
	return rc;
}

static int
local_embed_one(const struct local *l, const struct embed_text *t, struct scratch *s, float *out,
    struct err *err)
{
	int more;

	tokens_init(&s->reader, t->p, t->len);
	features_init(&s->features, l->weights, l->dim);
	do {
		if ((more = tokens_next(&s->reader, &s->block)) < 0)
			return err_set(err, EMBED_EINVAL, "text is not valid UTF-8");
		features_add(&s->features, &s->block);
	} while (more == 1);
	if (s->features.n == 0)
		return err_set(err, EMBED_EINVAL, "text has no letter, digit or symbol");
	features_finish(&s->features, 1, out);
	return 0;
}

static int
local_embed(const void *state, const struct embed_text *texts, size_t n, float *out, size_t *bad,
    struct err *err)
{
	const struct local *l = state;
	struct scratch *s;
	int rc = 0;

	if ((s = malloc(sizeof(*s))) == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory to embed %zu texts", n);
	for (size_t i = 0; i < n; i++) {
		if ((rc = local_embed_one(l, &texts[i], s, out + i * l->dim, err)) != 0) {
			*bad = i;
			break;
		}
	}
	free(s);
	return rc;
}

const struct embed_provider embed_local = {
	.name = "local",
	.open = local_open,
	.close = local_close,
	.embed = local_embed,
};
