/*
 * build.c - compact and reindex: a collection's files made anew while it serves.
 *
 * What the daemon has begun it brings to an end, also when the command is interrupted.
 */

#include <stdlib.h>

#include "app.h"
#include "command.h"
#include "num.h"
#include "wire.h"

/* Ask, and show what has become of the collection.  Takes `args`. */
static int
build(struct app *app, const char *op, json_t *args)
{
	struct client_reply r = { 0 };
	int rc;

	if (app_given(app, OPT_NO_WAIT))
		json_object_set_new(args, "wait", json_false());
	if ((rc = app_call(app, op, args, &r)) != 0)
		return rc;
	out_record(&app->out, r.result);
	client_reply_fini(&r);
	return 0;
}

int
cmd_compact(struct app *app)
{
	json_t *args;
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0)
		return rc;
	if ((args = app_args(app)) == NULL)
		return app_no_memory();
	return build(app, "compact", args);
}

int
cmd_reindex(struct app *app)
{
	const char *dim = app_value(app, OPT_DIM);
	uint64_t n = 0;
	json_t *args;
	int rc;

	if (dim != NULL && !num_parse(dim, 1, INT32_MAX, &n))
		return app_usage(app, "--dim is not a number: %s", dim);
	if ((rc = app_open(app, APP_TOKEN)) != 0)
		return rc;
	if ((args = app_args(app)) == NULL)
		return app_no_memory();
	if (app_value(app, OPT_EMBEDDER) != NULL)
		json_object_set_new(args, "embedder", json_string(app_value(app, OPT_EMBEDDER)));
	if (app_value(app, OPT_METRIC) != NULL)
		json_object_set_new(args, "metric", json_string(app_value(app, OPT_METRIC)));
	if (dim != NULL)
		json_object_set_new(args, "dim", json_integer((json_int_t)n));
	if (app_given(app, OPT_CANCEL))
		json_object_set_new(args, "cancel", json_true());
	return build(app, "reindex", args);
}
