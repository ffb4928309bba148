/*
 * words.c - the load: requests made up, asked in waves, and written down.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "seam.h"
#include "words.h"

const char *const words_collections[WORDS_COLLECTIONS] = { "one", "two" };
static const char *const metrics[WORDS_COLLECTIONS] = { "l2", "cosine" };

static uint64_t
draw(struct words *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random >> 16;
}

/* Some are short, some take a few pages of the database. */
void
words_text(unsigned serial, char *text, size_t n)
{
	size_t at = (size_t)snprintf(text, n, "text %u ", serial);
	size_t len = serial % 11 == 0 ? n - 1 : at + serial * 37 % 200;

	for (; at < len && at < n - 1; at++)
		text[at] = (char)('a' + (serial + at) % 26);
	text[at] = '\0';
}

void
words_vector(unsigned serial, float *x)
{
	uint32_t r = serial * 2654435761u + 1;

	for (size_t i = 0; i < WORDS_DIM; i++) {
		r = r * 1664525u + 1013904223u;
		x[i] = (float)(r >> 8) / 8388608.0f - 1;
	}
}

static json_t *
vector_json(unsigned serial)
{
	char text[BASE64_LEN(sizeof(float) * WORDS_DIM) + 1];
	float x[WORDS_DIM];

	words_vector(serial, x);
	base64_encode(x, sizeof(x), text);
	return json_string(text);
}

static json_t *
item_json(unsigned serial)
{
	char text[6000];

	words_text(serial, text, sizeof(text));
	return json_pack("{s:s, s:o}", "text", text, "vector", vector_json(serial));
}

/* --- items -------------------------------------------------------------------------------------- */

struct item *
words_find(const struct items *items, json_int_t id)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->list[i].id == id)
			return &items->list[i];
	return NULL;
}

struct item *
words_find_key(const struct items *items, unsigned key)
{
	for (size_t i = 0; i < items->n; i++)
		if (!items->list[i].gone && items->list[i].has_key && items->list[i].key == key)
			return &items->list[i];
	return NULL;
}

struct item *
words_add(struct items *items)
{
	if ((items->n & (items->n + 1)) == 0 && (items->list = reallocarray(items->list,
	    2 * (items->n + 1), sizeof(*items->list))) == NULL)
		abort();
	items->list[items->n] = (struct item){ .id = -1 };
	return &items->list[items->n++];
}

static void
apply_put(const struct request *r, json_int_t id, struct items *items)
{
	struct item *it = words_find_key(items, r->key);

	if (it == NULL)
		it = words_add(items);
	*it = (struct item){ .id = id, .serial = r->serial, .has_key = true, .key = r->key };
}

void
words_apply(const struct request *r, const json_t *result, struct items *items)
{
	const json_t *ids = json_object_get(result, "ids");
	struct item *it = words_find(items, r->id);

	switch (r->kind) {
	case WORDS_ADD:
		for (unsigned i = 0; i < r->n; i++) {
			it = words_add(items);
			it->id = json_integer_value(json_array_get(ids, i));
			it->serial = r->serial + i;
		}
		break;
	case WORDS_PUT:
		apply_put(r, json_integer_value(json_object_get(result, "id")), items);
		break;
	case WORDS_UPDATE:
		it->serial = r->serial;
		break;
	case WORDS_META:
		it->meta = r->serial;
		break;
	case WORDS_DELETE:
		it->gone = true;
		break;
	}
}

/* --- requests ----------------------------------------------------------------------------------- */

static bool
is_about(const struct request *r, int collection, json_int_t id, unsigned key)
{
	return r->collection == collection && ((r->kind != WORDS_ADD && r->id == id) ||
	    (r->kind == WORDS_PUT && r->key == key));
}

/* Is a request under way about that item or key, or one of which nobody knows what became of it? */
static bool
is_taken(const struct words *w, int collection, json_int_t id, unsigned key)
{
	for (size_t i = 0; i < w->nwave; i++)
		if (is_about(w->wave[i], collection, id, key))
			return true;
	for (size_t i = 0; i < w->n; i++)
		if (w->requests[i].code == WIRE_UNKNOWN && is_about(&w->requests[i], collection, id, key))
			return true;
	return false;
}

/* Something to change that is there and that no request under way is about; NULL: nothing. */
static const struct item *
choose_target(struct words *w, int collection)
{
	const struct items *items = &w->now[collection];

	for (int i = 0; i < 20 && items->n > 0; i++) {
		const struct item *it = &items->list[draw(w) % items->n];

		if (!it->gone && !is_taken(w, collection, it->id, it->has_key ? it->key : 1000))
			return it;
	}
	return NULL;
}

static void
make_add(struct words *w, struct request *r)
{
	json_t *items = json_array();

	r->kind = WORDS_ADD;
	r->n = 1 + (unsigned)(draw(w) % 4);
	r->id = -2;
	for (unsigned i = 0; i < r->n; i++)
		json_array_append_new(items, item_json(r->serial + i));
	r->args = json_pack("{s:o}", "items", items);
	w->serial += r->n - 1;
}

static void
make_put(struct words *w, struct request *r)
{
	const struct item *it;

	r->kind = WORDS_PUT;
	do
		r->key = (unsigned)(draw(w) % 200 < 190 ? draw(w) % 12 : 12 + draw(w) % 200);
	while (is_taken(w, r->collection, -1, r->key));
	it = words_find_key(&w->now[r->collection], r->key);
	r->id = it != NULL ? it->id : -3;
	if (it != NULL && is_taken(w, r->collection, it->id, 1000)) {
		make_add(w, r);
		return;
	}
	r->args = item_json(r->serial);
	json_object_set_new(r->args, "key", json_sprintf("k%u", r->key));
}

static void
make_change(struct words *w, struct request *r, const struct item *target, unsigned dice)
{
	r->id = target->id;
	r->kind = dice < 50 ? WORDS_DELETE : dice < 85 ? WORDS_UPDATE : WORDS_META;
	if (r->kind == WORDS_UPDATE)
		r->args = item_json(r->serial);
	else if (r->kind == WORDS_META)
		r->args = json_pack("{s:{s:i}}", "meta", "m", (int)r->serial);
	else
		r->args = json_object();
	json_object_set_new(r->args, "id", json_integer(r->id));
	(void)w;
}

static void
make_request(struct words *w, struct request *r)
{
	const struct item *target;
	unsigned dice;

	*r = (struct request){ .collection = (int)(draw(w) % 3 == 0), .serial = ++w->serial, .n = 1,
		.asked = WORDS_NEVER, .answered = WORDS_NEVER, .id = -4 };
	target = choose_target(w, r->collection);
	dice = (unsigned)(draw(w) % 100);
	if (dice < 50 && target != NULL)
		make_change(w, r, target, (unsigned)(draw(w) % 100));
	else if (dice < 75)
		make_put(w, r);
	else
		make_add(w, r);
	json_object_set_new(r->args, "collection", json_string(words_collections[r->collection]));
	json_object_set_new(r->args, "request_id", json_sprintf("r%u", r->serial));
}

void
words_wave(struct words *w, size_t n)
{
	static const char *const ops[] = { "add", "add", "update", "update", "delete" };
	struct asked asked[4];
	char sentence[512];

	if (w->n + n > w->room) {
		w->room = 2 * w->room + 64;
		if ((w->requests = reallocarray(w->requests, w->room, sizeof(*w->requests))) == NULL)
			abort();
	}
	w->nwave = 0;
	seam_spare(true);
	for (size_t i = 0; i < n; i++) {
		make_request(w, &w->requests[w->n + i]);
		w->wave[w->nwave++] = &w->requests[w->n + i];
	}
	for (size_t i = 0; i < n; i++) {
		struct request *r = &w->requests[w->n + i];

		r->asked = seam_nevents();
		inside_ask(&asked[i], ops[r->kind], w->token, r->args, 1 + w->n + i);
	}
	for (size_t i = 0; i < n; i++) {
		struct request *r = &w->requests[w->n + i];

		r->code = inside_answer(&asked[i], &r->result, sentence, sizeof(sentence));
		r->answered = seam_nevents();
		if (r->code == WIRE_OK)
			words_apply(r, r->result, &w->now[r->collection]);
	}
	seam_spare(false);
	w->n += n;
	w->nwave = 0;
}

/* --- before the load ------------------------------------------------------------------------------ */

static bool
create(struct words *w, int i, char *why, size_t n)
{
	json_t *args = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "name", words_collections[i],
	    "metric", metrics[i], "embedder", "none", "dim", WORDS_DIM, "M", 4, "ef_construction", 16);
	json_t *result;
	bool ok = inside_call("collection_create", w->token, args, &result, why, n) == WIRE_OK;

	w->created[i] = seam_nevents();
	json_decref(result);
	json_decref(args);
	return ok;
}

bool
words_begin(struct words *w, char *why, size_t n)
{
	json_t *who = json_pack("{s:s, s:s}", "username", "ann", "password", "a long password");
	json_t *result;
	bool ok;

	w->logged_in = WORDS_NEVER;
	ok = inside_call("register", NULL, who, &result, why, n) == WIRE_OK;
	w->registered = seam_nevents();
	json_decref(result);
	if (ok && (ok = inside_call("login", NULL, who, &result, why, n) == WIRE_OK)) {
		w->logged_in = seam_nevents();
		snprintf(w->token, sizeof(w->token), "%s",
		    json_string_value(json_object_get(result, "access_token")));
		json_decref(result);
	}
	for (int i = 0; i < WORDS_COLLECTIONS && ok; i++)
		ok = create(w, i, why, n);
	json_decref(who);
	return ok;
}

void
words_fini(struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		json_decref(w->requests[i].args);
		json_decref(w->requests[i].result);
	}
	free(w->requests);
	for (int i = 0; i < WORDS_COLLECTIONS; i++)
		free(w->now[i].list);
}
