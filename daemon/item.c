/*
 * item.c - a batch is looked through to its end, so that its error can name every bad item.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "embedding.h"
#include "item.h"

static const struct arg_spec specs[] = {
	{ "text", ARG_TEXT, false, 0, 0, 0 },
	{ "vector", ARG_VECTOR, false, 0, 0, 0 },
	{ "key", ARG_STRING, false, 1, META_KEY_MAX, 0 },
	{ "meta", ARG_META, false, 0, 0, 0 },
	{ NULL, ARG_ID, false, 0, 0, 0 },
};

/* What has been found wrong so far. */
struct faults {
	bool batch;		/* of many: sentences say which item */
	json_t *list;
	enum wire_code first;
	struct err *err;	/* of the first */
};

static void
fault(struct faults *f, size_t i, enum wire_code code, const char *why)
{
	if (f->first == WIRE_OK) {
		f->first = code;
		if (f->batch)
			err_set(f->err, (int)code, "item %zu: %s", i, why);
		else
			err_set(f->err, (int)code, "%s", why);
	}
	json_array_append_new(f->list, json_pack("{s:I, s:s, s:o*}", "index", (json_int_t)i, "name",
	    wire_error(code)->name, "message", call_sentence(why)));
}

char *
item_copy_string(const json_t *string)
{
	size_t n = json_string_length(string);
	char *copy = malloc(n + 1);

	if (copy != NULL)
		memcpy(copy, json_string_value(string), n + 1);
	return copy;
}

char *
item_copy_meta(const json_t *object)
{
	return json_dumps(object, JSON_COMPACT);
}

/* 64 bits of FNV-1a over the arguments, whatever the order of their members. */
static int
digest(const json_t *args, uint64_t *out)
{
	char *text = json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS);
	uint64_t h = 0xcbf29ce484222325u;

	if (text == NULL)
		return -1;
	for (const char *s = text; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	free(text);
	*out = h;
	return 0;
}

int
item_take_request(struct commit_job *job, const json_t *args)
{
	const json_t *request = json_object_get(args, "request_id");

	if (request == NULL)
		return 0;
	if ((job->request = item_copy_string(request)) == NULL)
		return -1;
	return digest(args, &job->digest);
}

/* Everything of an item but the embedding.  Returns its fault, or WIRE_OK. */
static enum wire_code
take_one(struct commit_job *job, size_t i, json_t *object, char *why, size_t nwhy)
{
	struct commit_item *it = &job->items[i];
	size_t dim = job->space->info.dim;
	const json_t *text = json_object_get(object, "text"), *key = json_object_get(object, "key");
	const json_t *vector = json_object_get(object, "vector");
	const json_t *meta = json_object_get(object, "meta");
	enum wire_code code;

	if (!json_is_object(object)) {
		snprintf(why, nwhy, "an item is not an object");
		return WIRE_BAD_REQUEST;
	}
	if ((code = args_check(object, specs, job->call->d->settings, why, nwhy)) != WIRE_OK)
		return code;
	if (text == NULL && vector == NULL) {
		snprintf(why, nwhy, "neither text nor vector is given");
		return WIRE_BAD_REQUEST;
	}
	if (vector != NULL &&
	    (code = args_vector(vector, job->vectors + i * dim, dim, why, nwhy)) != WIRE_OK)
		return code;
	if ((text != NULL && (it->text = item_copy_string(text)) == NULL) ||
	    (key != NULL && (it->key = item_copy_string(key)) == NULL) ||
	    (meta != NULL && (it->meta = item_copy_meta(meta)) == NULL)) {
		snprintf(why, nwhy, "no memory for an item");
		return WIRE_INTERNAL;
	}
	it->text_len = text != NULL ? json_string_length(text) : 0;
	return WIRE_OK;
}

struct keyed {
	const char *key;
	size_t i;
};

static int
compare_keys(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order != 0 ? order : x->i < y->i ? -1 : 1;
}

/* A key twice in one batch: which of the two should stay? */
static int
check_keys(struct commit_job *job, struct faults *f)
{
	struct keyed *list = calloc(job->n + 1, sizeof(*list));
	char why[META_KEY_MAX + 64];
	size_t n = 0;

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < job->n; i++)
		if (job->items[i].key != NULL)
			list[n++] = (struct keyed){ job->items[i].key, i };
	if (n > 1)
		qsort(list, n, sizeof(*list), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (strcmp(list[i - 1].key, list[i].key) == 0) {
			snprintf(why, sizeof(why), "key \"%s\" is in this batch already", list[i].key);
			fault(f, list[i].i, WIRE_BAD_REQUEST, why);
		}
	free(list);
	return 0;
}

/*
 * A service is asked, and paid, for whole batches only: what is known to be bad is said first.
 */
static bool
is_bad_batch(const struct commit_job *job, const struct embed_text *texts, const size_t *rows, size_t n,
    struct faults *f)
{
	if (!space_is_remote(job->space))
		return false;
	for (size_t i = 0; i < n; i++)
		if (embedding_is_blank(&texts[i]))
			fault(f, rows[i], WIRE_BAD_REQUEST, "text is blank");
	return f->first != WIRE_OK;
}

/*
 * Embed the texts that came without a vector: all in one call, and when that finds a bad text one by
 * one, to find the others.  In a collection of vectors all are bad, the items with vectors are not.
 */
static enum wire_code
embed(struct commit_job *job, const struct embed_text *texts, const size_t *rows, size_t n,
    struct faults *f, struct err *err)
{
	size_t dim = job->space->info.dim, bad;
	float *out = calloc(n * dim, sizeof(*out));
	enum wire_code code;

	if (out == NULL) {
		err_set(err, -1, "no memory to embed %zu texts", n);
		return WIRE_INTERNAL;
	}
	code = space_embed(job->call, job->space, EMBED_DOCUMENT, texts, n, out, &bad, err);
	if (code == WIRE_OK)
		for (size_t i = 0; i < n; i++)
			memcpy(job->vectors + rows[i] * dim, out + i * dim, dim * sizeof(*out));
	else if (bad != SIZE_MAX || code == WIRE_SPACE_MISMATCH) {
		struct err one;

		for (size_t i = 0; i < n; i++)
			if ((code = space_embed(job->call, job->space, EMBED_DOCUMENT, &texts[i], 1, out,
				 &bad, &one)) != WIRE_OK)
				fault(f, rows[i], code, one.text);
		code = WIRE_OK;		/* the faults say it */
	}
	free(out);
	return code;
}

static enum wire_code
embed_texts(struct commit_job *job, const json_t *objects, struct faults *f, struct err *err)
{
	struct embed_text *texts = calloc(job->n + 1, sizeof(*texts));
	size_t *rows = calloc(job->n + 1, sizeof(*rows));
	enum wire_code code = WIRE_OK;
	size_t n = 0;

	if (texts == NULL || rows == NULL) {
		err_set(err, -1, "no memory to embed %zu texts", job->n);
		code = WIRE_INTERNAL;
		goto out;
	}
	for (size_t i = 0; i < job->n; i++) {
		if (json_object_get(json_array_get(objects, i), "vector") != NULL ||
		    job->items[i].text == NULL || job->items[i].same)
			continue;
		texts[n] = (struct embed_text){ job->items[i].text, job->items[i].text_len };
		rows[n++] = i;
	}
	if (n > 0 && !is_bad_batch(job, texts, rows, n, f)) {
		code = embed(job, texts, rows, n, f, err);
		job->lexical = space_is_lexical(job->space);
	}
out:
	free(texts);
	free(rows);
	return code;
}

enum wire_code
item_take_all(struct commit_job *job, const json_t *objects, json_t **bad, struct err *err)
{
	struct err first;
	struct faults f = { .batch = !job->single, .list = json_array(), .err = &first };
	enum wire_code code;
	char why[256];
	int rc;

	*bad = NULL;
	for (size_t i = 0; i < job->n; i++)
		if ((code = take_one(job, i, json_array_get(objects, i), why, sizeof(why))) != WIRE_OK)
			fault(&f, i, code, why);
	if (check_keys(job, &f) != 0) {
		json_decref(f.list);
		err_set(err, -1, "no memory for %zu items", job->n);
		return WIRE_INTERNAL;
	}
	if ((rc = item_find_same(job, objects, err)) != 0) {
		json_decref(f.list);
		return call_code_meta(rc);
	}
	if ((code = embed_texts(job, objects, &f, err)) != WIRE_OK) {
		json_decref(f.list);
		return code;
	}
	if (f.first != WIRE_OK) {
		*err = first;
		*bad = f.list;
		return f.first;
	}
	json_decref(f.list);
	item_close_ranks(job);
	return WIRE_OK;
}
