/*
 * ops.h - the table of operations.
 *
 * One row an operation: its name, what arguments it takes and the function that carries it out.
 * Dispatch, the refusal of unknown members and the tests of the documentation read it.
 */

#ifndef OPS_H
#define OPS_H

#include <jansson.h>

#include "call.h"

/* What an argument may be; args.c checks. */
enum arg_type {
	ARG_ID,			/* an integer from 0 */
	ARG_IDS,		/* an array of them */
	ARG_COUNT,		/* an integer from least to most */
	ARG_BOOL,
	ARG_STRING,		/* of least to most bytes, without NUL */
	ARG_TEXT,		/* of 1 byte to WIRE_TEXT_MAX */
	ARG_TEXTS,		/* an array of them */
	ARG_VECTOR,		/* an array or a string; args_vector looks closer */
	ARG_META,		/* an object of WIRE_META_MAX bytes */
	ARG_META_OR_NULL,
	ARG_METRIC,
	ARG_CODES,		/* of a new collection */
	ARG_NAME,		/* of a collection */
	ARG_USERNAME,
	ARG_KEYS,		/* an array of strings */
	ARG_ARRAY,		/* of anything; the operation looks inside */
};

struct arg_spec {
	const char *name;	/* NULL ends the list */
	enum arg_type type;
	bool required;
	json_int_t least, most;	/* of ARG_COUNT and ARG_STRING */
	size_t lower;		/* offset in struct settings of a limit under `most`; 0: none */
};

struct op {
	const char *name;
	const struct arg_spec *args;
	bool open;		/* needs no token */
	int (*run)(struct call *c, json_t *args); /* CALL_DONE or CALL_LATER; `args` is borrowed */
};

/* The operation of that name, or NULL; and all of them, ended by a row without a name. */
const struct op *op_find(const char *name);
extern const struct op ops[];

/* One file each family of operations. */
int op_ping(struct call *c, json_t *args);		/* op_admin.c */
int op_metrics(struct call *c, json_t *args);
int op_stats(struct call *c, json_t *args);
int op_snapshot(struct call *c, json_t *args);
int op_register(struct call *c, json_t *args);		/* op_account.c */
int op_login(struct call *c, json_t *args);
int op_logout(struct call *c, json_t *args);
int op_passwd(struct call *c, json_t *args);
int op_whoami(struct call *c, json_t *args);
int op_prefs(struct call *c, json_t *args);
int op_collection_create(struct call *c, json_t *args);	/* op_collection.c */
int op_collection_list(struct call *c, json_t *args);
int op_collection_show(struct call *c, json_t *args);
int op_collection_drop(struct call *c, json_t *args);
int op_add(struct call *c, json_t *args);		/* op_add.c */
int op_update(struct call *c, json_t *args);		/* op_change.c */
int op_delete(struct call *c, json_t *args);
int op_get(struct call *c, json_t *args);		/* op_read.c */
int op_list(struct call *c, json_t *args);
int op_count(struct call *c, json_t *args);
int op_similarity(struct call *c, json_t *args);	/* op_search.c */
int op_distance(struct call *c, json_t *args);
int op_embed(struct call *c, json_t *args);
int op_verify(struct call *c, json_t *args);		/* op_verify.c */
int op_compact(struct call *c, json_t *args);		/* op_build.c */
int op_reindex(struct call *c, json_t *args);

/* Runs on the password lane what op_account.c queued there. */
void account_run(void *arg, struct lane_job *job);

/* Runs on the verify lane the calls that op_verify.c queued there. */
void verify_run(void *arg, struct lane_job *job);

#endif
