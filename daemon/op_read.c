/*
 * op_read.c - items read back.
 */

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "match.h"
#include "ops.h"
#include "row.h"
#include "space.h"

#define TOO_MUCH 1000		/* no code of meta.h: the answer is full, and the call has failed */

static int
put_item(struct call *c, const struct space *s, const struct meta_item *item, unsigned fields,
    json_t *items)
{
	if (!call_charge(c, item->text_len + (item->meta != NULL ? strlen(item->meta) : 0)))
		return TOO_MUCH;
	json_array_append_new(items, row_json(s, item, fields, NULL));
	return 0;
}

int
op_get(struct call *c, json_t *args)
{
	const json_t *ids = json_object_get(args, "ids");
	unsigned fields = META_ALL | (args_bool(args, "with_vector") ? ROW_VECTOR : 0) |
	    (args_bool(args, "base64") ? ROW_BASE64 : 0);
	json_t *items = json_array(), *missing = json_array();
	struct space *s = NULL;
	struct err err;
	int rc = 0;

	if (call_space(c, args, &s) != 0 ||
	    ((fields & ROW_VECTOR) != 0 && call_bound(c, s, json_array_size(ids)) != 0))
		goto out;
	for (size_t i = 0; i < json_array_size(ids) && rc >= 0 && rc != TOO_MUCH; i++) {
		json_t *id = json_array_get(ids, i);
		struct meta_item item = { 0 };

		rc = meta_item_by_id(c->d->meta, s->info.number, (uint64_t)json_integer_value(id),
		    META_ALL, &item, &err);
		if (rc == META_NONE)
			json_array_append(missing, id);
		else if (rc == 0)
			rc = put_item(c, s, &item, fields, items);
		meta_item_fini(&item);
	}
	if (rc < 0)
		call_fail_meta(c, rc, &err);
	else if (rc != TOO_MUCH)
		call_reply(c, json_pack("{s:O, s:O}", "items", items, "missing", missing));
out:
	json_decref(items);
	json_decref(missing);
	call_release(c, s);
	return CALL_DONE;
}

struct listing {
	struct space *space;
	json_t *items;
	size_t bytes;		/* of texts and metas so far */
	uint64_t last;
};

/* A page of long texts is ended early, so that an answer stays of the size of a request. */
static int
list_one(void *arg, const struct meta_item *item)
{
	struct listing *l = arg;

	json_array_append_new(l->items, row_json(l->space, item, META_ALL, NULL));
	l->last = item->id;
	l->bytes += item->text_len + (item->meta != NULL ? strlen(item->meta) : 0);
	return l->bytes > WIRE_LINE_MAX / 2 ? 1 : 0;
}

/* Ids of items that pass a filter, up to a page of them. */
struct picked {
	uint64_t *ids;
	size_t n, most;
};

static int
pick_one(void *arg, uint64_t id, uint32_t slot)
{
	struct picked *p = arg;

	(void)slot;
	p->ids[p->n++] = id;
	return p->n == p->most ? 1 : 0;
}

/*
 * The same as meta_items_walk with list_one, of what passes: 1 when there may be more.  What is
 * deleted between the two looks is left out.
 */
static int
list_matching(struct daemon *d, struct listing *l, const struct filter *f, uint64_t from,
    size_t limit, struct err *err)
{
	uint64_t number = l->space->info.number;
	struct picked p = { .ids = calloc(limit, sizeof(*p.ids)), .most = limit };
	int rc, full = 0;

	if (p.ids == NULL)
		return err_set(err, META_ENOMEM, "no memory for a page of %zu items", limit);
	if ((rc = meta_items_match(d->meta, number, f, META_BY_ID, from, pick_one, &p, err)) >= 0)
		full = rc;
	for (size_t i = 0; i < p.n && rc >= 0; i++) {
		struct meta_item item = { 0 };

		rc = meta_item_by_id(d->meta, number, p.ids[i], META_ALL, &item, err);
		l->last = p.ids[i];
		if (rc == 0 && list_one(l, &item) != 0)
			full = rc = 1;
		meta_item_fini(&item);
		if (rc == 1 && full == 1 && l->bytes > WIRE_LINE_MAX / 2)
			break;
	}
	free(p.ids);
	return rc < 0 ? rc : full;
}

int
op_list(struct call *c, json_t *args)
{
	uint64_t limit = args_uint(args, "limit", 100);
	uint64_t from = json_object_get(args, "after") != NULL ? args_uint(args, "after", 0) + 1 : 0;
	struct listing l = { .items = json_array() };
	struct filter *f = NULL;
	struct err err;
	bool more;
	int rc;

	if (call_filter(c, args, &f) != 0 || call_space(c, args, &l.space) != 0)
		goto out;
	if (f != NULL)
		rc = list_matching(c->d, &l, f, from, limit, &err);
	else
		rc = meta_items_walk(c->d->meta, l.space->info.number, from, limit, META_ALL, list_one,
		    &l, &err);
	more = rc == 1 || json_array_size(l.items) == limit;
	if (rc < 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:O, s:o}", "items", l.items, "next",
		    more ? json_integer((json_int_t)l.last) : json_null()));
out:
	filter_free(f);
	json_decref(l.items);
	call_release(c, l.space);
	return CALL_DONE;
}

static int
count_one(void *arg, uint64_t id, uint32_t slot)
{
	json_int_t *n = arg;

	(void)id;
	(void)slot;
	(*n)++;
	return 0;
}

int
op_count(struct call *c, json_t *args)
{
	struct meta_collection info;
	struct filter *f = NULL;
	json_int_t n = 0;
	struct err err;
	int rc;

	if (call_filter(c, args, &f) != 0 || call_collection(c, args, &info) != 0)
		goto out;
	if (f == NULL) {
		call_reply(c, json_pack("{s:I}", "count", (json_int_t)info.count));
		goto out;
	}
	rc = meta_items_match(c->d->meta, info.number, f, META_BY_ID, 0, count_one, &n, &err);
	if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:I}", "count", n));
out:
	filter_free(f);
	return CALL_DONE;
}
