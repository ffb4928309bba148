/*
 * op_search.c - similarity, distance, embed.
 *
 * A search finds slots and then reads their rows.  Between the two an item may be deleted or
 * changed; its slot then has no row, and the search is made again, so that a hit is never lost to a
 * race.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "match.h"
#include "ops.h"
#include "row.h"
#include "space.h"

#define ATTEMPTS 8

static unsigned
field_bit(const char *name)
{
	return strcmp(name, "text") == 0 ? META_TEXT :
	    strcmp(name, "key") == 0	 ? META_KEY :
	    strcmp(name, "meta") == 0	 ? META_META :
	    strcmp(name, "vector") == 0	 ? ROW_VECTOR : 0;
}

/* The fields asked for.  0, or -1 with the call failed. */
static int
take_fields(struct call *c, const json_t *args, unsigned *fields)
{
	const json_t *list = json_object_get(args, "fields"), *v;
	size_t i;

	*fields = list != NULL ? 0 : META_ALL;
	json_array_foreach(list, i, v) {
		unsigned bit = field_bit(json_string_value(v));

		if (bit == 0) {
			call_fail(c, WIRE_BAD_REQUEST, "fields has \"%.32s\", which is none of text, key,"
			    " meta and vector", json_string_value(v));
			return -1;
		}
		*fields |= bit;
	}
	return 0;
}

/*
 * The vector in an item's slot; NULL with the call failed.  A slot that this generation does not have
 * is one of the next, and the call will be run again.
 */
static const float *
peek(struct call *c, const struct space *s, uint32_t slot)
{
	const float *x = vec_peek(s->vec, slot);

	if (x == NULL)
		call_fail(c, WIRE_INTERNAL, "there is no vector in slot %u", (unsigned)slot);
	return x;
}

/*
 * What to compare with, `dim` floats in `x`, and the slot to leave out.  0, or -1 with the call
 * failed.
 */
static int
take_query(struct call *c, json_t *args, const struct space *s, float *x, uint32_t *except)
{
	const json_t *text = json_object_get(args, "text"), *vector = json_object_get(args, "vector");
	const float *stored;
	enum wire_code code;
	struct err err;
	size_t bad;

	*except = VEC_SLOT_NONE;
	if (text != NULL) {
		struct embed_text t = { json_string_value(text), json_string_length(text) };

		code = space_embed(c, s, EMBED_QUERY, &t, 1, x, &bad, &err);
	} else if (vector != NULL) {
		code = args_vector(vector, x, s->info.dim, err.text, sizeof(err.text));
	} else {
		if (call_slot(c, s, args_uint(args, "id", 0), except) != 0)
			return -1;
		if ((stored = peek(c, s, *except)) == NULL)
			return -1;
		memcpy(x, stored, s->info.dim * sizeof(*x));
		return 0;
	}
	if (code != WIRE_OK) {
		call_fail_embed(c, code, &err);
		return -1;
	}
	return 0;
}

struct search {
	struct space *space;
	struct vec_query q;
	float *x;
	struct vec_hit *hits;
	uint32_t *slots;
	struct meta_item *items;
	size_t n;			/* hits */
	unsigned fields;
	const char *where;		/* NULL: no filter */
	struct filter *filter;
	struct match match;		/* what it lets through */
};

static int
search_init(struct search *f, struct space *s, json_t *args)
{
	const char *metric = args_string(args, "metric");
	struct vec_stats st;

	vec_stats(s->vec, &st);
	f->space = s;
	f->q = VEC_QUERY(args_uint(args, "k", 5));
	if (f->q.k > st.live)
		f->q.k = st.live > 0 ? st.live : 1;
	f->q.ef = args_uint(args, "ef", 0);
	if (f->q.ef > st.live)
		f->q.ef = st.live;
	f->q.exact = args_bool(args, "exact");
	f->where = args_string(args, "where");
	f->q.metric = metric != NULL ? vec_metric_parse(metric) : -1;
	f->x = calloc(s->info.dim, sizeof(*f->x));
	f->hits = calloc(f->q.k, sizeof(*f->hits));
	f->slots = calloc(f->q.k, sizeof(*f->slots));
	f->items = calloc(f->q.k, sizeof(*f->items));
	return f->x != NULL && f->hits != NULL && f->slots != NULL && f->items != NULL ? 0 : -1;
}

static void
forget_items(struct search *f)
{
	for (size_t i = 0; i < f->n; i++)
		meta_item_fini(&f->items[i]);
	f->n = 0;
}

static void
search_fini(struct search *f)
{
	forget_items(f);
	match_fini(&f->match);
	filter_free(f->filter);
	free(f->x);
	free(f->hits);
	free(f->slots);
	free(f->items);
}

/* Which slots may be found.  0, or -1 with the call failed. */
static int
take_matches(struct call *c, struct search *f)
{
	struct err err;
	int rc = 0;

	if (f->filter == NULL)
		return 0;
	if (f->match.only == NULL)
		rc = match_all(c->d, f->space, f->where, f->filter, &f->match, &err);
	if (rc == 0)
		rc = match_more(&f->match, &err);
	if (rc != 0) {
		call_fail_meta(c, rc, &err);
		return -1;
	}
	f->q.only = f->match.only;
	f->q.nonly = f->match.nonly;
	return 0;
}

/* Has something come meanwhile that passes?  1: yes, search again.  0; -1 with the call failed. */
static int
check_matches(struct call *c, struct search *f)
{
	if (f->filter == NULL)
		return 0;
	if (take_matches(c, f) != 0)
		return -1;
	if (f->match.added > 0)
		return 1;
	match_keep(&f->match);
	return 0;
}

#define ROWS_AT_ONCE 100		/* read between two looks at how much the answer holds */

/* The rows of the hits.  0; -1 with the call failed. */
static int
read_rows(struct call *c, struct search *f, size_t n)
{
	struct err err;
	int rc;

	c->charged = 0;
	for (size_t from = 0; from < n; from = f->n) {
		size_t some = n - from < ROWS_AT_ONCE ? n - from : ROWS_AT_ONCE, bytes = 0;

		rc = meta_items_by_slot(c->d->meta, f->space->info.number, f->slots + from, some,
		    f->fields & META_ALL, f->items + from, &err);
		if (rc != 0) {
			call_fail_meta(c, rc, &err);
			return -1;
		}
		f->n = from + some;
		for (size_t i = from; i < f->n; i++)
			bytes += f->items[i].text_len +
			    (f->items[i].meta != NULL ? strlen(f->items[i].meta) : 0);
		if (!call_charge(c, bytes))
			return -1;
	}
	return 0;
}

/*
 * Search and read the rows.  1: a row was gone or has come, search again.  0; -1 with the call
 * failed.
 */
static int
search_once(struct call *c, struct search *f)
{
	struct vec_error ve;
	size_t n;
	int rc;

	forget_items(f);
	if (take_matches(c, f) != 0)
		return -1;
	rc = vec_search(f->space->vec, f->x, f->space->info.dim, &f->q, f->hits, &n, &ve);
	if (rc != 0) {
		call_fail_vec(c, rc, ve.message);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		f->slots[i] = f->hits[i].slot;
	if (read_rows(c, f, n) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (f->items[i].id == META_NO_ID)
			rc = 1;
	return rc != 0 ? rc : check_matches(c, f);
}

struct ranked {
	float distance;
	uint64_t id;
	size_t i;
};

static int
compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

/* Hits come by slot where distances are equal; users see ids. */
static json_t *
results_json(struct search *f)
{
	struct ranked *order = calloc(f->n + 1, sizeof(*order));
	json_t *results = json_array();
	size_t n = 0;

	if (order == NULL) {
		json_decref(results);
		return NULL;
	}
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].id != META_NO_ID)
			order[n++] = (struct ranked){ f->hits[i].distance, f->items[i].id, i };
	qsort(order, n, sizeof(*order), compare_ranked);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(results, row_json(f->space, &f->items[order[i].i], f->fields,
		    &order[i].distance));
	free(order);
	return results;
}

static json_t *
answer_json(struct search *f, bool lexical)
{
	const struct meta_collection *info = &f->space->info;
	json_t *answer = json_pack("{s:o, s:s}", "results", results_json(f), "metric",
	    f->q.metric >= 0 ? vec_metric_name((enum vec_metric)f->q.metric) : info->metric);

	if (answer != NULL && lexical)
		json_object_set_new(answer, "lexical", json_true());
	return answer;
}

int
op_similarity(struct call *c, json_t *args)
{
	bool text = json_object_get(args, "text") != NULL;
	int given = (json_object_get(args, "id") != NULL) + text +
	    (json_object_get(args, "vector") != NULL);
	struct search f = { 0 };
	struct space *s = NULL;
	int rc = 1;

	if (given != 1) {
		call_fail(c, WIRE_BAD_REQUEST, "one of id, text and vector is needed");
		return CALL_DONE;
	}
	if (take_fields(c, args, &f.fields) != 0 || call_filter(c, args, &f.filter) != 0 ||
	    call_space(c, args, &s) != 0)
		goto out;
	if (search_init(&f, s, args) != 0) {
		call_fail(c, WIRE_INTERNAL, "no memory for the search");
		goto out;
	}
	if (take_query(c, args, s, f.x, &f.q.except) != 0)
		goto out;
	for (int i = 0; i < ATTEMPTS && rc == 1; i++)
		rc = search_once(c, &f);
	if (rc >= 0)
		call_reply(c, answer_json(&f, text && space_is_lexical(s)));
out:
	search_fini(&f);
	call_release(c, s);
	return CALL_DONE;
}

int
op_distance(struct call *c, json_t *args)
{
	const char *metric = args_string(args, "metric");
	const float *x, *y;
	uint32_t a, b;
	struct space *s;
	float distance;

	if (metric == NULL)
		metric = c->user.metric;
	if (call_space(c, args, &s) != 0)
		return CALL_DONE;
	if (call_slot(c, s, args_uint(args, "id1", 0), &a) == 0 &&
	    call_slot(c, s, args_uint(args, "id2", 0), &b) == 0 && (x = peek(c, s, a)) != NULL &&
	    (y = peek(c, s, b)) != NULL) {
		distance = vec_distance((enum vec_metric)vec_metric_parse(metric), x, y, s->info.dim);
		call_reply(c, json_pack("{s:f, s:s}", "distance", (double)distance, "metric", metric));
	}
	call_release(c, s);
	return CALL_DONE;
}

static json_t *
vectors_json(const struct space *s, const float *x, size_t n)
{
	json_t *vectors = json_array();
	json_t *answer;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(vectors, args_vector_json(x + i * s->info.dim, s->info.dim));
	answer = json_pack("{s:o, s:{s:s, s:s, s:s, s:i}}", "vectors", vectors, "embedder", "provider",
	    s->info.provider, "model", s->info.model, "version", s->info.version, "dim",
	    (int)s->info.dim);
	if (answer != NULL && space_is_lexical(s))
		json_object_set_new(answer, "lexical", json_true());
	return answer;
}

int
op_embed(struct call *c, json_t *args)
{
	const json_t *list = json_object_get(args, "texts"), *v;
	size_t n = json_array_size(list), bad, i;
	struct embed_text *texts = calloc(n, sizeof(*texts));
	struct space *s = NULL;
	enum wire_code code;
	float *out = NULL;
	struct err err;

	if (call_space(c, args, &s) != 0 || call_bound(c, s, n) != 0)
		goto out;
	out = calloc(n * s->info.dim, sizeof(*out));
	if (texts == NULL || out == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory to embed %zu texts", n);
		goto out;
	}
	json_array_foreach(list, i, v)
		texts[i] = (struct embed_text){ json_string_value(v), json_string_length(v) };
	code = space_embed(c, s, EMBED_DOCUMENT, texts, n, out, &bad, &err);
	if (code == WIRE_OK)
		call_reply(c, vectors_json(s, out, n));
	else if (bad != SIZE_MAX)
		call_fail(c, code, "texts[%zu]: %s", bad, err.text);
	else
		call_fail_embed(c, code, &err);
out:
	free(out);
	free(texts);
	call_release(c, s);
	return CALL_DONE;
}
