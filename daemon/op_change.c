/*
 * op_change.c - items changed and deleted.
 */

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "item.h"
#include "match.h"
#include "ops.h"

/* The one item of an update, with its vector if it gets a new one.  0, or -1 with the call failed. */
static int
take_update(struct call *c, json_t *args, struct commit_job *job)
{
	const json_t *text = json_object_get(args, "text"), *vector = json_object_get(args, "vector");
	const json_t *meta = json_object_get(args, "meta");
	struct commit_item *it = &job->items[0];
	size_t dim = job->space->info.dim, bad;
	enum wire_code code = WIRE_OK;
	char why[256];
	struct err err;

	it->id = args_uint(args, "id", 0);
	it->drop_meta = json_is_null(meta);
	if ((text != NULL && (it->text = item_copy_string(text)) == NULL) ||
	    (json_is_object(meta) && (it->meta = item_copy_meta(meta)) == NULL) ||
	    item_take_request(job, args) != 0) {
		call_fail(c, WIRE_INTERNAL, "no memory for the item");
		return -1;
	}
	it->text_len = text != NULL ? json_string_length(text) : 0;
	if (vector != NULL) {
		code = args_vector(vector, job->vectors, dim, why, sizeof(why));
		err_set(&err, (int)code, "%s", why);
	} else if (text != NULL) {
		struct embed_text t = { it->text, it->text_len };

		code = space_embed(c, job->space, EMBED_DOCUMENT, &t, 1, job->vectors, &bad, &err);
		job->lexical = space_is_lexical(job->space);
	}
	if (code != WIRE_OK) {
		call_fail_embed(c, code, &err);
		return -1;
	}
	if (vector != NULL || text != NULL)
		it->crc = vec_crc32c(0, job->vectors, dim * sizeof(float));
	return 0;
}

int
op_update(struct call *c, json_t *args)
{
	bool vector = json_object_get(args, "vector") != NULL || json_object_get(args, "text") != NULL;
	struct commit_job *job = NULL;
	struct space *s;
	uint32_t slot;

	if (!vector && json_object_get(args, "meta") == NULL) {
		call_fail(c, WIRE_BAD_REQUEST, "text, vector or meta is needed");
		return CALL_DONE;
	}
	if (call_space(c, args, &s) != 0)
		return CALL_DONE;
	/* looked at again in the transaction; here so that what is not there costs no slot */
	if (call_slot(c, s, args_uint(args, "id", 0), &slot) == 0) {
		job = commit_job_new(c, s, COMMIT_UPDATE, 1, vector ? 1 : 0);
		if (job == NULL)
			call_fail(c, WIRE_INTERNAL, "no memory for the item");
		else if (take_update(c, args, job) == 0)
			return commit_push(job);
	}
	commit_job_free(job);
	call_release(c, s);
	return CALL_DONE;
}

/* What to delete, from the one of id, ids and keys that is given.  0, or -1: no memory. */
static int
take_deletes(json_t *args, struct commit_job *job)
{
	const json_t *ids = json_object_get(args, "ids"), *keys = json_object_get(args, "keys");

	job->single = json_object_get(args, "id") != NULL;
	if (job->single)
		job->items[0].id = args_uint(args, "id", 0);
	for (size_t i = 0; ids != NULL && i < job->n; i++)
		job->items[i].id = (uint64_t)json_integer_value(json_array_get(ids, i));
	for (size_t i = 0; keys != NULL && i < job->n; i++) {
		job->items[i].by_key = true;
		if ((job->items[i].key = item_copy_string(json_array_get(keys, i))) == NULL)
			return -1;
	}
	return item_take_request(job, args);
}

int
op_delete(struct call *c, json_t *args)
{
	const json_t *ids = json_object_get(args, "ids"), *keys = json_object_get(args, "keys");
	bool id = json_object_get(args, "id") != NULL, where = json_object_get(args, "where") != NULL;
	size_t n = ids != NULL ? json_array_size(ids) : keys != NULL ? json_array_size(keys) : id;
	struct commit_job *job;
	struct filter *f;
	struct space *s;

	if (id + (ids != NULL) + (keys != NULL) + where != 1) {
		call_fail(c, WIRE_BAD_REQUEST, "one of id, ids, keys and where is needed");
		return CALL_DONE;
	}
	if (call_filter(c, args, &f) != 0)
		return CALL_DONE;
	if (call_space(c, args, &s) != 0) {
		filter_free(f);
		return CALL_DONE;
	}
	if ((job = commit_job_new(c, s, COMMIT_DELETE, n, 0)) != NULL)
		job->where = f;
	else
		filter_free(f);
	if (job != NULL && take_deletes(args, job) == 0)
		return commit_push(job);
	call_fail(c, WIRE_INTERNAL, "no memory for the request");
	commit_job_free(job);
	call_release(c, s);
	return CALL_DONE;
}
