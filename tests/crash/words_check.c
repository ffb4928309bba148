/*
 * words_check.c - are the words kept?
 *
 * First what is there is read as it is.  Each request that was under way is looked for in it: it is
 * wholly there or wholly not, or a word is broken.  Those that are there are put to what was
 * acknowledged, and then what is there must be exactly that.  Then each request under way is made
 * again, twice, and answered the same way; and what is there must be exactly what follows.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "vec.h"
#include "words.h"

#define SAMPLE 4		/* live vectors that must find themselves */

struct check {
	const struct words *w;
	int collection;
	struct items must;	/* what was acknowledged, and what turned out to be there */
	json_t *there;		/* array of items */
	char *why;
	size_t nwhy;
};

static bool
broken(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool
broken(struct check *k, const char *fmt, ...)
{
	char sentence[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	snprintf(k->why, k->nwhy, "collection %s: %s", words_collections[k->collection], sentence);
	return false;
}

/* Ask about the collection; `args` is taken.  NULL: it was refused, and that is what is broken. */
static json_t *
ask(struct check *k, const char *op, json_t *args)
{
	char sentence[512];
	json_t *result = NULL;

	json_object_set_new(args, "collection", json_string(words_collections[k->collection]));
	if (inside_call(op, k->w->token, args, &result, sentence, sizeof(sentence)) != WIRE_OK)
		broken(k, "%s: %s", op, sentence);
	json_decref(args);
	return result;
}

/* --- what is there ------------------------------------------------------------------------------ */

static json_int_t
id_of(const json_t *item)
{
	return json_integer_value(json_object_get(item, "id"));
}

static unsigned
serial_of(const json_t *item)
{
	const char *text = json_string_value(json_object_get(item, "text"));
	unsigned serial = 0;

	if (text == NULL || sscanf(text, "text %u ", &serial) != 1)
		return 0;
	return serial;
}

static unsigned
meta_of(const json_t *item)
{
	return (unsigned)json_integer_value(json_object_get(json_object_get(item, "meta"), "m"));
}

static const json_t *
by_id(const struct check *k, json_int_t id)
{
	json_t *item;
	size_t i;

	json_array_foreach(k->there, i, item)
		if (id_of(item) == id)
			return item;
	return NULL;
}

static const json_t *
by_serial(const struct check *k, unsigned serial)
{
	json_t *item;
	size_t i;

	json_array_foreach(k->there, i, item)
		if (serial_of(item) == serial)
			return item;
	return NULL;
}

/* Read all items with their vectors. */
static bool
read_all(struct check *k)
{
	json_t *list, *ids = json_array(), *item, *got;
	size_t i;

	json_decref(k->there);
	k->there = NULL;
	if ((list = ask(k, "list", json_pack("{s:i}", "limit", 10000))) == NULL) {
		json_decref(ids);
		return false;
	}
	json_array_foreach(json_object_get(list, "items"), i, item)
		json_array_append(ids, json_object_get(item, "id"));
	if (json_array_size(ids) == 0) {
		k->there = json_array();
	} else if ((got = ask(k, "get", json_pack("{s:O, s:b, s:b}", "ids", ids, "with_vector", 1,
	    "base64", 1))) != NULL) {
		k->there = json_incref(json_object_get(got, "items"));
		json_decref(got);
	}
	json_decref(list);
	json_decref(ids);
	return k->there != NULL;
}

static bool
vector_is(const json_t *item, unsigned serial)
{
	const json_t *v = json_object_get(item, "vector");
	char want[BASE64_LEN(sizeof(float) * WORDS_DIM) + 1];
	float x[WORDS_DIM];

	words_vector(serial, x);
	base64_encode(x, sizeof(x), want);
	return json_is_string(v) && strcmp(json_string_value(v), want) == 0;
}

static bool
check_item(struct check *k, const struct item *it, const json_t *is)
{
	char text[6000];

	if (it->gone)
		return is == NULL || broken(k, "id %lld was deleted and is there", (long long)it->id);
	if (is == NULL)
		return broken(k, "id %lld was acknowledged and is not there", (long long)it->id);
	words_text(it->serial, text, sizeof(text));
	if (serial_of(is) != it->serial ||
	    strcmp(text, json_string_value(json_object_get(is, "text"))) != 0)
		return broken(k, "id %lld has text %u, not %u", (long long)it->id, serial_of(is),
		    it->serial);
	if (meta_of(is) != it->meta)
		return broken(k, "id %lld has meta %u, not %u", (long long)it->id, meta_of(is), it->meta);
	if (!vector_is(is, it->serial))
		return broken(k, "id %lld has another vector", (long long)it->id);
	return true;
}

/* What is there is what must be, no less and no more. */
static bool
check_all(struct check *k)
{
	size_t live = 0;

	for (size_t i = 0; i < k->must.n; i++) {
		if (!check_item(k, &k->must.list[i], by_id(k, k->must.list[i].id)))
			return false;
		live += !k->must.list[i].gone;
	}
	if (live != json_array_size(k->there))
		return broken(k, "%zu items are there, not %zu", json_array_size(k->there), live);
	return true;
}

/* --- requests under way --------------------------------------------------------------------------- */

/* Did it happen?  1, 0, or -1: by half. */
static int
happened(const struct check *k, const struct request *r)
{
	unsigned there = 0;

	switch (r->kind) {
	case WORDS_ADD:
	case WORDS_PUT:
		for (unsigned i = 0; i < r->n; i++)
			there += by_serial(k, r->serial + i) != NULL;
		return there == r->n ? 1 : there == 0 ? 0 : -1;
	case WORDS_UPDATE:
		return by_serial(k, r->serial) != NULL;
	case WORDS_META:
		return meta_of(by_id(k, r->id)) == r->serial;
	case WORDS_DELETE:
		return by_id(k, r->id) == NULL;
	}
	return -1;
}

/* What the answer would have been. */
static void
apply_seen(struct check *k, const struct request *r)
{
	json_t *ids = json_array(), *result;

	for (unsigned i = 0; i < r->n && (r->kind == WORDS_ADD || r->kind == WORDS_PUT); i++)
		json_array_append_new(ids, json_integer(id_of(by_serial(k, r->serial + i))));
	result = json_pack("{s:O, s:O?}", "ids", ids, "id", json_array_get(ids, 0));
	words_apply(r, result, &k->must);
	json_decref(result);
	json_decref(ids);
}

static bool
is_under_way(const struct request *r, int collection, size_t at)
{
	return r->collection == collection && r->asked <= at &&
	    (r->answered > at || r->code == WIRE_UNKNOWN);
}

static bool
look_for(struct check *k, size_t at, bool *any)
{
	for (size_t i = 0; i < k->w->n; i++) {
		const struct request *r = &k->w->requests[i];
		int did;

		if (!is_under_way(r, k->collection, at))
			continue;
		*any = true;
		if ((did = happened(k, r)) < 0)
			return broken(k, "request r%u was carried out by half", r->serial);
		if (did > 0)
			apply_seen(k, r);
	}
	return true;
}

/* Make a request again: twice the same answer, whatever had become of it. */
static bool
repeat(struct check *k, const struct request *r, bool did)
{
	static const char *const ops[] = { "add", "add", "update", "update", "delete" };
	json_t *first = ask(k, ops[r->kind], json_deep_copy(r->args)), *second = NULL;
	bool ok = first != NULL &&
	    (second = ask(k, ops[r->kind], json_deep_copy(r->args))) != NULL;

	if (ok && !json_equal(first, second))
		ok = broken(k, "request r%u was answered in two ways", r->serial);
	if (ok && !did)
		words_apply(r, first, &k->must);
	json_decref(first);
	json_decref(second);
	return ok;
}

static bool
repeat_all(struct check *k, size_t at)
{
	for (size_t i = 0; i < k->w->n; i++) {
		const struct request *r = &k->w->requests[i];

		if (is_under_way(r, k->collection, at) && !repeat(k, r, happened(k, r) > 0))
			return false;
	}
	return true;
}

/* --- searches, and the daemon's own checks ---------------------------------------------------------- */

/* A search for everything finds all that is live and nothing else. */
static bool
check_search(struct check *k, bool exact)
{
	size_t n = json_array_size(k->there), i;
	char query[BASE64_LEN(sizeof(float) * WORDS_DIM) + 1];
	float x[WORDS_DIM];
	json_t *found, *hits, *hit;
	bool ok = true;

	words_vector(1, x);
	base64_encode(x, sizeof(x), query);
	if ((found = ask(k, "similarity", json_pack("{s:s, s:i, s:i, s:b, s:[s]}", "vector", query, "k",
	    (int)n + 10, "ef", (int)n + 10, "exact", exact, "fields", "key"))) == NULL)
		return false;
	hits = json_object_get(found, "results");
	if (json_array_size(hits) != n)
		ok = broken(k, "a search%s for all of %zu finds %zu", exact ? " (exact)" : "", n,
		    json_array_size(hits));
	json_array_foreach(hits, i, hit)
		if (ok && by_id(k, id_of(hit)) == NULL)
			ok = broken(k, "a search finds id %lld, which is not there", (long long)id_of(hit));
	json_decref(found);
	return ok;
}

/* The vector of a live item is nearest to itself. */
static bool
check_finds_itself(struct check *k, const json_t *item)
{
	json_t *found = ask(k, "similarity", json_pack("{s:O, s:i, s:[s]}", "vector",
	    json_object_get(item, "vector"), "k", 1, "fields", "key"));
	const json_t *hit = json_array_get(json_object_get(found, "results"), 0);
	bool ok;

	if (found == NULL)
		return false;
	ok = (hit != NULL && id_of(hit) == id_of(item)) ||
	    broken(k, "id %lld does not find itself", (long long)id_of(item));
	json_decref(found);
	return ok;
}

static bool
check_verify(struct check *k, json_int_t *slots)
{
	json_t *v = ask(k, "verify", json_object()), *s = ask(k, "stats", json_object());
	bool ok = v != NULL && s != NULL;
	json_int_t live = (json_int_t)json_array_size(k->there);

	if (ok && (json_integer_value(json_object_get(v, "nbad")) != 0 ||
	    json_integer_value(json_object_get(v, "checked")) != live ||
	    json_integer_value(json_object_get(v, "unreachable")) != 0 ||
	    strcmp(json_string_value(json_object_get(v, "index")), "ok") != 0))
		ok = broken(k, "verify: %s", json_dumps(v, JSON_COMPACT));
	if (ok && (json_integer_value(json_object_get(s, "live")) != live ||
	    json_is_true(json_object_get(s, "read_only"))))
		ok = broken(k, "%lld are live of %lld, or it is read-only",
		    (long long)json_integer_value(json_object_get(s, "live")), (long long)live);
	if (ok && json_string_length(json_object_get(s, "index_note")) > 0)
		ok = broken(k, "%s", json_string_value(json_object_get(s, "index_note")));
	*slots = json_integer_value(json_object_get(s, "slots"));
	json_decref(v);
	json_decref(s);
	return ok;
}

/* --- vectors.bin without coolvec --------------------------------------------------------------------- */

static unsigned char *
read_vectors(const char *path, uint64_t *n)
{
	FILE *f = fopen(path, "rb");
	unsigned char *bytes = malloc(1 << 22);

	*n = f != NULL && bytes != NULL ? fread(bytes, 1, 1 << 22, f) : 0;
	if (f != NULL)
		fclose(f);
	return bytes;
}

static bool
is_in_file(const unsigned char *bytes, uint64_t nvecs, unsigned serial)
{
	float x[WORDS_DIM];

	words_vector(serial, x);
	for (uint64_t i = 0; i < nvecs; i++)
		if (memcmp(bytes + 36 + i * sizeof(x), x, sizeof(x)) == 0)
			return true;
	return false;
}

/* Every live vector stands in a slot below n_vecs, by the format's text alone. */
static bool
check_file(struct check *k, const char *path)
{
	uint64_t n, nvecs = 0;
	unsigned char *bytes = read_vectors(path, &n);
	bool ok = true;

	if (n < 36 || memcmp(bytes, "COOLVEC\0\1\0\0\0", 12) != 0)
		ok = broken(k, "vectors.bin has no header");
	for (int i = 0; ok && i < 8; i++)
		nvecs |= (uint64_t)bytes[12 + i] << 8 * i;
	if (ok && 36 + nvecs * WORDS_DIM * 4 > n)
		ok = broken(k, "vectors.bin counts more than it has");
	for (size_t i = 0; i < k->must.n && ok; i++)
		if (!k->must.list[i].gone && !is_in_file(bytes, nvecs, k->must.list[i].serial))
			ok = broken(k, "the vector of id %lld is not in vectors.bin",
			    (long long)k->must.list[i].id);
	free(bytes);
	return ok;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

static bool
check_collection(struct check *k, size_t at, const char *data)
{
	char path[600];
	json_int_t slots;
	bool any = false;
	size_t n;

	for (size_t i = 0; i < k->w->n; i++) {
		const struct request *r = &k->w->requests[i];

		if (r->collection == k->collection && r->answered <= at && r->code == WIRE_OK)
			words_apply(r, r->result, &k->must);
	}
	if (!read_all(k) || !look_for(k, at, &any) || !check_all(k))
		return false;
	if (any && (!repeat_all(k, at) || !read_all(k) || !check_all(k)))
		return false;
	if (!check_search(k, true) || !check_search(k, false) || !check_verify(k, &slots))
		return false;
	n = json_array_size(k->there);
	for (size_t i = 0; i < n; i += n / SAMPLE + 1)
		if (!check_finds_itself(k, json_array_get(k->there, i)))
			return false;
	snprintf(path, sizeof(path), "%s/collections/%d/vectors.bin", data, k->collection + 1);
	return check_file(k, path);
}

bool
words_check(const struct words *w, size_t at, const char *data, char *why, size_t n)
{
	bool ok = true;

	for (int i = 0; i < WORDS_COLLECTIONS && ok; i++) {
		struct check k = { .w = w, .collection = i, .why = why, .nwhy = n };

		if (w->created[i] == 0 || w->created[i] > at)
			break;
		ok = check_collection(&k, at, data);
		json_decref(k.there);
		free(k.must.list);
	}
	return ok;
}
