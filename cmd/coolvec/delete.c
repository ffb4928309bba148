/*
 * delete.c - by id, by the user's own key, or by a filter.
 */

#include <string.h>

#include "app.h"
#include "batch.h"
#include "command.h"
#include "ids.h"
#include "say.h"
#include "text.h"

static json_t *
make_args(void *arg, const struct batch *b)
{
	struct app *app = arg;
	json_t *args = app_args(app);

	if (args != NULL && json_object_set(args, "ids", b->items) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static size_t
print_deleted(struct app *app, const json_t *result)
{
	json_t *deleted = json_object_get(result, "deleted");
	json_t *id;
	size_t i;

	json_array_foreach(deleted, i, id) {
		out_id(&app->out, json_integer_value(id));
	}
	return json_array_size(deleted);
}

static void
answer(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	struct app *app = arg;

	(void)b;
	batch_done(run, print_deleted(app, result));
	ids_missing(app, run, json_object_get(result, "missing"));
}

static int
delete_key(struct app *app, const char *key)
{
	struct client_reply r = { 0 };
	json_t *args;
	int rc;

	if (app->args.nwords > 0)
		return app_usage(app, "delete takes ids or --key");
	if (!text_valid(key, strlen(key)))
		return app_usage(app, "--key is not UTF-8");
	if ((rc = app_open(app, APP_TOKEN)) != 0)
		return rc;
	if ((args = app_args(app)) == NULL ||
	    json_object_set_new(args, "keys", json_pack("[s]", key)) != 0) {
		json_decref(args);
		return app_no_memory();
	}
	if ((rc = app_call_once(app, "delete", args, &r)) == 0 &&
	    print_deleted(app, r.result) == 0) {
		say_error("there is no item with the key %s", key);
		rc = EXIT_NOT_FOUND;
	}
	client_reply_fini(&r);
	return rc;
}

/* All that pass; the answer lists the ids of the first 10,000 of them. */
static int
delete_where(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *args;
	json_int_t n;
	int rc;

	if (app->args.nwords > 0 || app_given(app, OPT_KEY))
		return app_usage(app, "delete takes ids, --key or --where");
	if ((args = app_args(app)) == NULL)
		return app_no_memory();
	if ((rc = app_put_string(app, args, OPT_WHERE, "where")) != 0 ||
	    (rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call_once(app, "delete", args, &r)) == 0) {
		n = json_integer_value(json_object_get(r.result, "ndeleted"));
		if ((json_int_t)print_deleted(app, r.result) < n)
			say_note(app->quiet, "%lld items were deleted; only the first are listed", (long long)n);
	}
	client_reply_fini(&r);
	return rc;
}

int
cmd_delete(struct app *app)
{
	struct batch_job job = { .op = "delete",
		.verb = "deleted",
		.items = BATCH_ITEMS,
		.window = 1,
		.change = true,
		.by_id = true,
		.item = batch_id,
		.args = make_args,
		.answer = answer,
		.arg = app };
	struct feed feed = { 0 };
	int rc;

	if (app_given(app, OPT_WHERE))
		return delete_where(app);
	if (app_given(app, OPT_KEY))
		return delete_key(app, app_value(app, OPT_KEY));
	if ((rc = ids_feed(app, &feed)) == 0 && (rc = app_open(app, APP_TOKEN)) == 0)
		rc = batch_run(app, &job, &feed);
	feed_fini(&feed);
	return rc;
}
