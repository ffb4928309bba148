/*
 * op_add.c - one item or many, all or nothing.
 */

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "item.h"
#include "ops.h"

/* The items of the request as an array of objects (a new reference), or NULL with the call failed. */
static json_t *
gather(struct call *c, json_t *args, bool *single)
{
	static const char *const members[] = { "text", "vector", "key", "meta" };
	json_t *items = json_object_get(args, "items"), *one, *v;
	bool any = false;

	for (size_t i = 0; i < 4; i++)
		any = any || json_object_get(args, members[i]) != NULL;
	if (items != NULL && any) {
		call_fail(c, WIRE_BAD_REQUEST, "items stands alone: text, vector, key and meta go into"
		    " its objects");
		return NULL;
	}
	*single = items == NULL;
	if (items != NULL)
		return json_incref(items);
	if ((one = json_object()) == NULL || (items = json_array()) == NULL) {
		json_decref(one);
		call_fail(c, WIRE_INTERNAL, "no memory for the item");
		return NULL;
	}
	for (size_t i = 0; i < 4; i++)
		if ((v = json_object_get(args, members[i])) != NULL)
			json_object_set(one, members[i], v);
	json_array_append_new(items, one);
	return items;
}

int
op_add(struct call *c, json_t *args)
{
	json_t *items, *bad = NULL;
	struct commit_job *job = NULL;
	struct space *s = NULL;
	enum wire_code code;
	struct err err;
	bool single;
	size_t n;

	if ((items = gather(c, args, &single)) == NULL)
		return CALL_DONE;
	n = json_array_size(items);
	if (call_space(c, args, &s) != 0)
		goto out;
	if ((job = commit_job_new(c, s, COMMIT_ADD, n, n)) == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory for %zu items", n);
		goto out;
	}
	job->single = single;
	if ((code = item_take_all(job, items, &bad, &err)) != WIRE_OK) {
		if (c->wants != NULL)
			goto out;	/* run again when they are embedded */
		call_fail_detail(c, code, bad != NULL && !single ? json_pack("{s:O}", "items", bad) : NULL,
		    "%s", err.text);
		goto out;
	}
	if (item_take_request(job, args) != 0) {
		call_fail(c, WIRE_INTERNAL, "no memory for the request");
		goto out;
	}
	json_decref(items);
	return commit_push(job);
out:
	json_decref(bad);
	json_decref(items);
	commit_job_free(job);
	call_release(c, s);
	return CALL_DONE;
}
