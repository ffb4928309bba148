/*
 * shape.c - one item out of many, and many items as NDJSON.
 */

#include <string.h>

#include "shape.h"

void
shape_one_item(struct exchange *x, const struct client_reply *r)
{
	const json_t *item = json_array_get(json_object_get(r->result, "items"), 0);
	const json_t *missing = json_array_get(json_object_get(r->result, "missing"), 0);

	if (item == NULL)
		exchange_fail(x, WIRE_NOT_FOUND, NULL, "no vector %lld",
		    (long long)json_integer_value(missing));
	else
		exchange_json(x, x->route->status, item);
}

bool
shape_wants_lines(const struct exchange *x)
{
	return x->route->lines != NULL && x->head.accept != NULL &&
	    strstr(x->head.accept, "application/x-ndjson") != NULL;
}

/* What is no object by itself becomes one, so that each line can be read in the same way. */
static void
put_line(struct buf *b, const json_t *member)
{
	const char *name = json_is_array(member) ? "{\"vector\":" : "{\"id\":";
	bool object = json_is_object(member);

	if (!object)
		buf_puts(b, name);
	wire_put(b, member);
	buf_puts(b, object ? "\n" : "}\n");
}

void
shape_lines(struct exchange *x, const json_t *result)
{
	const json_t *list = json_object_get(result, x->route->lines);
	struct buf b = { 0 };

	for (size_t i = 0; i < json_array_size(list); i++)
		put_line(&b, json_array_get(list, i));
	exchange_take(x, "application/x-ndjson", &b);
}
