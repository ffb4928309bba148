/*
 * ops.c - the table of operations.  coolvec-protocol(7) is its prose.
 */

#include <stddef.h>
#include <string.h>

#include "ops.h"
#include "snapshot.h"
#include "vec.h"

#define AT(field) offsetof(struct settings, field)
#define OPTIONAL false, 0, 0, 0
#define REQUIRED true, 0, 0, 0
#define COLLECTION { "collection", ARG_NAME, OPTIONAL }
#define REQUEST { "request_id", ARG_STRING, false, 1, META_REQUEST_MAX, 0 }
#define WHERE { "where", ARG_STRING, false, 1, FILTER_MAX, 0 }
#define ARGS(...) (const struct arg_spec[]){ __VA_ARGS__ { NULL, ARG_ID, OPTIONAL } }

const struct op ops[] = {
	{ "ping", ARGS(), true, op_ping },
	{ "metrics", ARGS(), true, op_metrics },
	{ "register", ARGS({ "username", ARG_USERNAME, REQUIRED },
	    { "password", ARG_STRING, true, WIRE_PASSWORD_MIN, WIRE_PASSWORD_MAX, 0 },),
	    true, op_register },
	{ "login", ARGS({ "username", ARG_STRING, true, 1, 256, 0 },
	    { "password", ARG_STRING, true, 1, WIRE_PASSWORD_MAX, 0 },),
	    true, op_login },
	{ "logout", ARGS(), false, op_logout },
	{ "passwd", ARGS({ "old_password", ARG_STRING, true, 1, WIRE_PASSWORD_MAX, 0 },
	    { "new_password", ARG_STRING, true, WIRE_PASSWORD_MIN, WIRE_PASSWORD_MAX, 0 },),
	    false, op_passwd },
	{ "whoami", ARGS(), false, op_whoami },
	{ "prefs", ARGS({ "metric", ARG_METRIC, OPTIONAL }, COLLECTION,), false, op_prefs },
	{ "collection_create", ARGS({ "name", ARG_NAME, REQUIRED },
	    { "metric", ARG_METRIC, OPTIONAL }, { "embedder", ARG_STRING, false, 1, 80, 0 },
	    { "dim", ARG_COUNT, false, 1, VEC_DIM_MAX, AT(max_dim) },
	    { "codes", ARG_CODES, OPTIONAL },
	    { "M", ARG_COUNT, false, VEC_M_MIN, VEC_M_MAX, 0 },
	    { "ef_construction", ARG_COUNT, false, VEC_EF_CONSTRUCTION_MIN,
		VEC_EF_CONSTRUCTION_MAX, 0 },),
	    false, op_collection_create },
	{ "collection_list", ARGS(), false, op_collection_list },
	{ "collection_show", ARGS({ "name", ARG_NAME, OPTIONAL },), false, op_collection_show },
	{ "collection_drop", ARGS({ "name", ARG_NAME, REQUIRED },), false, op_collection_drop },
	{ "add", ARGS({ "text", ARG_TEXT, OPTIONAL }, { "vector", ARG_VECTOR, OPTIONAL },
	    { "key", ARG_STRING, false, 1, META_KEY_MAX, 0 }, { "meta", ARG_META, OPTIONAL },
	    { "items", ARG_ARRAY, OPTIONAL }, COLLECTION, REQUEST,),
	    false, op_add },
	{ "get", ARGS({ "ids", ARG_IDS, REQUIRED }, { "with_vector", ARG_BOOL, OPTIONAL },
	    { "base64", ARG_BOOL, OPTIONAL }, COLLECTION,), false, op_get },
	{ "list", ARGS({ "after", ARG_ID, OPTIONAL },
	    { "limit", ARG_COUNT, false, 1, WIRE_BATCH_MAX, AT(max_batch) }, WHERE, COLLECTION,), false, op_list },
	{ "update", ARGS({ "id", ARG_ID, REQUIRED }, { "text", ARG_TEXT, OPTIONAL },
	    { "vector", ARG_VECTOR, OPTIONAL }, { "meta", ARG_META_OR_NULL, OPTIONAL },
	    COLLECTION, REQUEST,), false, op_update },
	{ "delete", ARGS({ "id", ARG_ID, OPTIONAL }, { "ids", ARG_IDS, OPTIONAL },
	    { "keys", ARG_KEYS, OPTIONAL }, WHERE, COLLECTION, REQUEST,), false, op_delete },
	{ "similarity", ARGS({ "id", ARG_ID, OPTIONAL }, { "text", ARG_TEXT, OPTIONAL },
	    { "vector", ARG_VECTOR, OPTIONAL }, { "k", ARG_COUNT, false, 1, VEC_K_MAX, AT(max_k) },
	    { "ef", ARG_COUNT, false, 1, VEC_EF_MAX, AT(max_ef) }, { "exact", ARG_BOOL, OPTIONAL },
	    { "metric", ARG_METRIC, OPTIONAL }, { "fields", ARG_KEYS, OPTIONAL }, WHERE,
	    COLLECTION,),
	    false, op_similarity },
	{ "distance", ARGS({ "id1", ARG_ID, REQUIRED }, { "id2", ARG_ID, REQUIRED },
	    { "metric", ARG_METRIC, OPTIONAL }, COLLECTION,), false, op_distance },
	{ "embed", ARGS({ "texts", ARG_TEXTS, REQUIRED }, COLLECTION,), false, op_embed },
	{ "count", ARGS(WHERE, COLLECTION,), false, op_count },
	{ "stats", ARGS(COLLECTION,), false, op_stats },
	{ "verify", ARGS({ "full", ARG_BOOL, OPTIONAL }, { "repair", ARG_BOOL, OPTIONAL }, COLLECTION,), false, op_verify },
	{ "compact", ARGS({ "wait", ARG_BOOL, OPTIONAL }, COLLECTION,), false, op_compact },
	{ "reindex", ARGS({ "embedder", ARG_STRING, false, 1, 80, 0 },
	    { "dim", ARG_COUNT, false, 1, VEC_DIM_MAX, AT(max_dim) }, { "metric", ARG_METRIC, OPTIONAL },
	    { "cancel", ARG_BOOL, OPTIONAL }, { "wait", ARG_BOOL, OPTIONAL }, COLLECTION,),
	    false, op_reindex },
	{ "snapshot", ARGS({ "path", ARG_STRING, true, 1, SNAPSHOT_PATH_MAX, 0 },), true, op_snapshot },
	{ NULL, NULL, false, NULL },
};

const struct op *
op_find(const char *name)
{
	for (const struct op *op = ops; op->name != NULL; op++)
		if (strcmp(op->name, name) == 0)
			return op;
	return NULL;
}
