/*
 * words.c - the provider "words": word vectors beside the local embedder's features.
 *
 * The model names a table in the data folder, made by `coolvecd --import-words` of word vectors that
 * somebody trained (GloVe, word2vec, fastText).  They know that a couch is a sofa; the features of
 * the provider "local" know names, numbers, misspellings and words that nobody trained.  A text's
 * vector is both, one after the other, scaled so that the cosine of two texts is WORDS_SHARE of their
 * words' cosine and the rest of their features'.  Of a text without a known word the features are all.
 *
 *	words_read.c		lines of a text file to words and numbers
 *	words_build.c		words and numbers to a table
 *	words_table.c		a table, mapped and searched
 *	words_pool.c		the vectors of a text's words, added up
 *
 * Measured by tests/recall/stsb with GloVe 6B, 100 components, on the English STS benchmark's
 * development part (Spearman; 512 components in all, of which 412 are features):
 *
 *	0.811 both		0.718 the words alone, 0.795 the features alone
 *	0.788 at 164 components	0.808 at 356, 0.812 at 612, 0.814 at 1124
 *	0.810 with the share fitted on the odd lines, on them; on the even lines 0.812
 *	0.812 with the share fitted on the even lines, on them; on the odd lines 0.809
 *
 * Tried on a prototype: 0.804 with WORDS_COMMON 84, which is a = 0.001; 0.812 with three common
 * directions taken away; 0.811 with the function words not damped.  A component that counts
 * the words, the same for all of them, gives 0.819, but would draw long texts, whose words point
 * everywhere and cancel, near to every text; it was left out.
 *
 * The version names the algorithms, Unicode's tables, and the sum of the table of words: other
 * words are another space.
 */

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "local_features.h"
#include "provider.h"
#include "words_pool.h"
#include "words_table.h"

#define ALGORITHM 1		/* raise with any change that moves a bit of any vector */
#define WORDS_SHARE 0.3

struct words {
	uint32_t dim;		/* of both together */
	struct weights *weights;
	struct words_table *table;
};

/* What one call works with; too large for a stack. */
struct scratch {
	struct token_reader reader;
	struct token_block block;
	struct features features;
	struct words_pool pool;
};

static void
words_close(void *state)
{
	struct words *w = state;

	if (w == NULL)
		return;
	words_table_close(w->table);
	weights_free(w->weights);
	free(w);
}

static int
words_table_load(struct words *w, const struct embed_config *c, struct err *err)
{
	char path[4096];
	int rc;

	if (c->model == NULL || c->model[0] == '\0')
		return err_set(err, EMBED_EINVAL,
		    "embedder words needs the name of a table: EMBED_MODEL, or words/NAME");
	if (c->folder == NULL)
		return err_set(err, EMBED_EINVAL, "embedder words needs a folder of tables");
	if ((rc = words_path(c->folder, c->model, path, sizeof(path), err)) != 0)
		return rc;
	return words_table_open(path, &w->table, err);
}

/* `dim` is that of the whole vector; the features have what the words leave. */
static int
words_choose_dim(struct words *w, const struct embed_config *c, struct err *err)
{
	size_t least, usual, dim = c->dim;

	assert(w->table != NULL);
	least = w->table->dim + (size_t)EMBED_LOCAL_DIM_MIN;
	usual = w->table->dim + (size_t)EMBED_LOCAL_DIM_DEFAULT / 2;
	if (dim == 0)
		dim = usual > EMBED_LOCAL_DIM_DEFAULT ? usual : EMBED_LOCAL_DIM_DEFAULT;
	if (dim < least || dim > EMBED_LOCAL_DIM_MAX)
		return err_set(err, EMBED_EINVAL, "embedder words/%s has dimensions %zu to %d, not %zu",
		    c->model, least, EMBED_LOCAL_DIM_MAX, dim);
	w->dim = (uint32_t)dim;
	return 0;
}

static int
words_open(const struct embed_config *c, struct embed_identity *id, void **state, struct err *err)
{
	struct words *w = NULL;
	int rc;

	if ((w = calloc(1, sizeof(*w))) == NULL || (w->weights = weights_new()) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for embedder words");
		goto out;
	}
	if ((rc = words_table_load(w, c, err)) != 0 || (rc = words_choose_dim(w, c, err)) != 0)
		goto out;
	id->dim = w->dim;
	snprintf(id->model, sizeof(id->model), "%s", c->model);
	snprintf(id->version, sizeof(id->version), "%d-%d-u%.7s-%016" PRIx64, ALGORITHM,
	    FEATURES_ALGORITHM, utf8proc_unicode_version(), w->table->sum);
	*state = w;
	w = NULL;		/* now the embedder's */
out:
	words_close(w);
	return rc;
}

static int
words_embed_one(const struct words *w, const struct embed_text *t, struct scratch *s, float *out,
    struct err *err)
{
	uint32_t dim = w->table->dim;
	bool known;
	int more;

	tokens_init(&s->reader, t->p, t->len);
	features_init(&s->features, w->weights, w->dim - dim);
	words_pool_init(&s->pool, w->table, w->weights);
	do {
		if ((more = tokens_next(&s->reader, &s->block)) < 0)
			return err_set(err, EMBED_EINVAL, "text is not valid UTF-8");
		features_add(&s->features, &s->block);
		words_pool_add(&s->pool, &s->block);
	} while (more == 1);
	if (s->features.n == 0)
		return err_set(err, EMBED_EINVAL, "text has no letter, digit or symbol");
	known = words_pool_finish(&s->pool, sqrt(WORDS_SHARE), out);
	features_finish(&s->features, known ? sqrt(1 - WORDS_SHARE) : 1, out + dim);
	return 0;
}

static int
words_embed(const void *state, const struct embed_text *texts, size_t n, float *out, size_t *bad,
    struct err *err)
{
	const struct words *w = state;
	struct scratch *s;
	int rc = 0;

	if ((s = malloc(sizeof(*s))) == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory to embed %zu texts", n);
	for (size_t i = 0; i < n; i++) {
		if ((rc = words_embed_one(w, &texts[i], s, out + i * w->dim, err)) != 0) {
			*bad = i;
			break;
		}
	}
	free(s);
	if (words_table_is_lost(w->table)) {
		*bad = SIZE_MAX;
		rc = err_set(err, EMBED_EUNAVAILABLE, "the table of words was cut short while it was open,"
		    " or its disk cannot read it: import it again and start coolvecd anew");
	}
	return rc;
}

const struct embed_provider embed_words = {
	.name = "words",
	.open = words_open,
	.close = words_close,
	.embed = words_embed,
};
