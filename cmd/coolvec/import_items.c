/*
 * import_items.c - a vector's bytes, a line of JSON, a line of columns: each as an item of add.
 *
 * Vectors go as base64 of their bytes, which the daemon reads much faster than numbers.
 */

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "import.h"
#include "num.h"
#include "text.h"

/* Take `value` into the item; false: out of memory, or there was no value, and the item is gone. */
static bool
put(json_t *item, const char *name, json_t *value)
{
	return item != NULL && value != NULL && json_object_set_new(item, name, value) == 0;
}

static json_t *
finish(json_t *item, bool good)
{
	if (good)
		return item;
	json_decref(item);
	return NULL;
}

static json_t *
number_key(long long n)
{
	char key[24];

	snprintf(key, sizeof(key), "%lld", n);
	return json_string(key);
}

json_t *
import_vector(void *arg, const struct record *r, char *why, size_t nwhy)
{
	const struct import *imp = arg;
	size_t bytes = r->n - imp->skip;
	json_t *item = json_object();

	(void)why;
	(void)nwhy;
	base64_encode(r->p + imp->skip, bytes, imp->base64);
	return finish(item,
	    put(item, "vector", json_stringn_nocheck(imp->base64, BASE64_LEN(bytes))) &&
	    (imp->key == NULL || put(item, "key", number_key((long long)r->place - 1))));
}

/* --- JSON lines ------------------------------------------------------------------------------- */

/* An array of numbers as base64; NULL: it is none, and the daemon says what it thinks of it. */
static json_t *
pack_vector(const json_t *array)
{
	size_t n = json_array_size(array), i;
	unsigned char *raw = num_alloc(n, sizeof(float));
	char *text = num_alloc(BASE64_LEN(n * sizeof(float)) + 1, 1);
	json_t *value, *packed = NULL;
	uint32_t u;
	float x;

	if (raw == NULL || text == NULL)
		goto out;
	json_array_foreach(array, i, value) {
		if (!json_is_number(value))
			goto out;
		if (!(fabs(json_number_value(value)) <= (double)FLT_MAX))
			goto out;
		x = (float)json_number_value(value);
		memcpy(&u, &x, sizeof(u));
		for (size_t j = 0; j < sizeof(u); j++)
			raw[sizeof(u) * i + j] = (unsigned char)(u >> 8 * j);
	}
	base64_encode(raw, n * sizeof(u), text);
	packed = json_stringn_nocheck(text, BASE64_LEN(n * sizeof(u)));
out:
	free(raw);
	free(text);
	return packed;
}

/* The member that --key names becomes the key. */
static bool
set_key(json_t *item, const char *member, char *why, size_t nwhy)
{
	json_t *value = json_incref(json_object_get(item, member));
	bool good = false;

	if (strcmp(member, "text") != 0)
		json_object_del(item, member);
	if (json_is_string(value))
		good = json_object_set(item, "key", value) == 0;
	else if (json_is_integer(value))
		good = put(item, "key", number_key(json_integer_value(value)));
	else
		snprintf(why, nwhy, "its member %s is no string and no integer", member);
	json_decref(value);
	return good;
}

json_t *
import_object(void *arg, const struct record *r, char *why, size_t nwhy)
{
	static const char *const members[] = { "text", "vector", "key", "meta" };
	const struct import *imp = arg;
	json_error_t e;
	json_t *item = json_loadb(r->p, r->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	json_t *packed;

	if (item == NULL) {
		snprintf(why, nwhy, "not JSON: %s", e.text);
		return NULL;
	}
	if (!json_is_object(item)) {
		snprintf(why, nwhy, "not a JSON object");
		return finish(item, false);
	}
	if (imp->key != NULL && !set_key(item, imp->key, why, nwhy))
		return finish(item, false);
	json_object_del(item, "id");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_null(json_object_get(item, members[i])))
			json_object_del(item, members[i]);
	if (json_array_size(json_object_get(item, "vector")) > 0 &&
	    (packed = pack_vector(json_object_get(item, "vector"))) != NULL)
		json_object_set_new(item, "vector", packed);
	return item;
}

/* --- columns ---------------------------------------------------------------------------------- */

static json_t *
column(const char *s, size_t n, const char *name, char *why, size_t nwhy)
{
	struct buf text = { 0 };
	json_t *value = NULL;
	json_error_t e;

	if (!text_unescape(&text, s, n)) {
		snprintf(why, nwhy, "its %s has a backslash that begins no escape",
		    name);
	} else if (strcmp(name, "meta") != 0) {
		if ((value = json_stringn(text.p, text.len)) == NULL)
			snprintf(why, nwhy, "its %s is not UTF-8", name);
	} else if ((value = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
	    &e)) == NULL) {
		snprintf(why, nwhy, "its meta is not JSON: %s", e.text);
	}
	buf_fini(&text);
	return value;
}

json_t *
import_columns(void *arg, const struct record *r, char *why, size_t nwhy)
{
	static const char *const names[] = { "text", "key", "meta" };
	const char *s = r->p, *end = r->p + r->n, *tab;
	json_t *item = json_object();
	bool good = item != NULL;

	(void)arg;
	for (size_t i = 0; good && s <= end; i++, s = tab + 1) {
		if (i == sizeof(names) / sizeof(names[0])) {
			snprintf(why, nwhy, "more than three columns");
			return finish(item, false);
		}
		if ((tab = memchr(s, '\t', (size_t)(end - s))) == NULL)
			tab = end;
		if (tab > s)
			good = put(item, names[i],
			    column(s, (size_t)(tab - s), names[i], why, nwhy));
	}
	if (good && json_object_get(item, "text") == NULL) {
		snprintf(why, nwhy, "the text is empty");
		good = false;
	}
	return finish(item, good);
}
