/*
 * op_collection.c - collections made, listed, shown, dropped.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commit.h"
#include "ops.h"
#include "space.h"
#include "vec.h"

/* Fill in the embedder that was asked for.  0, or -1 with the call failed. */
static int
choose_embedder(struct call *c, json_t *args, struct meta_collection *info)
{
	uint64_t dim = args_uint(args, "dim", 0);
	enum wire_code code;
	struct err err;

	if (strcmp(info->provider, "none") == 0 && info->model[0] == '\0') {
		if (dim == 0) {
			call_fail(c, WIRE_BAD_REQUEST, "a collection without an embedder needs a dim");
			return -1;
		}
		info->dim = (uint32_t)dim;
		return 0;
	}
	if ((code = collection_embedder(c, info, dim, &err)) != WIRE_OK) {
		call_fail_embed(c, code, &err);
		return -1;
	}
	return 0;
}

int
op_collection_create(struct call *c, json_t *args)
{
	const char *name = args_string(args, "name");
	const char *metric = args_string(args, "metric");
	const char *codes = args_string(args, "codes");
	const char *embedder = args_string(args, "embedder");
	struct meta_collection info;
	struct err err;
	int rc;

	collection_init(c->d, &c->user, name, &info);
	if (metric != NULL)
		snprintf(info.metric, sizeof(info.metric), "%s", metric);
	if (codes != NULL)
		snprintf(info.codes, sizeof(info.codes), "%s", codes);
	if (embedder != NULL && (rc = collection_choose(&info, embedder, &err)) != 0) {
		call_fail(c, call_code_embed(rc), "%s", err.text);
		return CALL_DONE;
	}
	info.M = (uint32_t)args_uint(args, "M", info.M);
	info.ef_construction = (uint32_t)args_uint(args, "ef_construction", info.ef_construction);
	if (choose_embedder(c, args, &info) != 0)
		return CALL_DONE;
	rc = collection_insert(c->d, &info, &err);
	if (rc == META_EXISTS)
		call_fail(c, WIRE_EXISTS, "there is a collection %s already", name);
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, collection_json(&info));
	return CALL_DONE;
}

int
op_collection_list(struct call *c, json_t *args)
{
	struct meta_collection *list = NULL;
	json_t *array;
	struct err err;
	size_t n;
	int rc;

	(void)args;
	if ((rc = meta_collection_list(c->d->meta, c->user.id, &list, &n, &err)) != 0) {
		call_fail_meta(c, rc, &err);
		return CALL_DONE;
	}
	array = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, collection_json(&list[i]));
	call_reply(c, json_pack("{s:o}", "collections", array));
	free(list);
	return CALL_DONE;
}

/* Find the collection that `name` names and nobody makes.  0, or -1 with the call failed. */
static int
find(struct call *c, const char *name, struct meta_collection *info)
{
	struct err err;
	int rc = meta_collection_find(c->d->meta, c->user.id, name, info, &err);

	if (rc == META_NONE)
		call_fail(c, WIRE_NOT_FOUND, "no collection %s", name);
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	return rc == 0 ? 0 : -1;
}

int
op_collection_show(struct call *c, json_t *args)
{
	const char *name = args_string(args, "name");
	struct meta_collection info;

	if ((name != NULL ? find(c, name, &info) : call_collection(c, args, &info)) == 0)
		call_reply(c, collection_json(&info));
	return CALL_DONE;
}

/* Dropping goes through the commit lane, so that no add is half way meanwhile. */
int
op_collection_drop(struct call *c, json_t *args)
{
	struct meta_collection info;
	struct space *s = NULL;
	enum wire_code code;
	struct err err;
	int rc;

	if (find(c, args_string(args, "name"), &info) != 0)
		return CALL_DONE;
	rc = spaces_hold(c->d->spaces, &info, &s, &code, &err);
	if (rc == META_NONE) {
		call_fail(c, WIRE_NOT_FOUND, "no collection %s", info.name);
		return CALL_DONE;
	}
	if (rc != 0 && code == WIRE_BUSY) {
		call_fail(c, code, "%s", err.text);
		return CALL_DONE;
	}
	return commit_drop(c, info.number, s);	/* also what is too damaged to open */
}
