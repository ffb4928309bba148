/*
 * row.c - one item, one object.
 */

#include <string.h>

#include "args.h"
#include "row.h"

static json_t *
string_or_null(const char *s, size_t n)
{
	return s != NULL ? json_stringn(s, n) : json_null();
}

json_t *
row_json(const struct space *s, const struct meta_item *item, unsigned fields,
    const float *distance)
{
	json_t *row = json_object();
	const float *x = (fields & ROW_VECTOR) != 0 ? vec_peek(s->vec, item->slot) : NULL;

	json_object_set_new(row, "id", json_integer((json_int_t)item->id));
	if (distance != NULL)
		json_object_set_new(row, "distance", json_real((double)*distance));
	if ((fields & META_TEXT) != 0)
		json_object_set_new(row, "text", string_or_null(item->text, item->text_len));
	if ((fields & META_KEY) != 0)
		json_object_set_new(row, "key", string_or_null(item->key,
		    item->key != NULL ? strlen(item->key) : 0));
	if ((fields & META_META) != 0)
		json_object_set_new(row, "meta",
		    item->meta != NULL ? json_loads(item->meta, JSON_ALLOW_NUL, NULL) : json_null());
	if ((fields & ROW_VECTOR) != 0)
		json_object_set_new(row, "vector",
		    x == NULL ? json_null() : (fields & ROW_BASE64) != 0 ?
		    args_vector_base64(x, s->info.dim) : args_vector_json(x, s->info.dim));
	return row;
}
