/*
 * get.c - items by id, in the order asked.
 */

#include "app.h"
#include "batch.h"
#include "command.h"
#include "fields.h"
#include "ids.h"

#define WITH_VECTOR_ITEMS 50	/* in a batch: an answer with vectors is long */

struct get {
	struct app *app;
	struct fields fields;
};

static json_t *
make_args(void *arg, const struct batch *b)
{
	const struct get *get = arg;
	json_t *args = app_args(get->app);

	if (args != NULL && (json_object_set(args, "ids", b->items) != 0 ||
	    (app_given(get->app, OPT_WITH_VECTOR) &&
	    json_object_set_new(args, "with_vector", json_true()) != 0))) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static void
print_items(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	const struct get *get = arg;
	json_t *items = json_object_get(result, "items");
	json_t *item;
	size_t i;

	(void)b;
	json_array_foreach(items, i, item) {
		out_item(&get->app->out, get->fields.columns, get->fields.n, item);
	}
	batch_done(run, json_array_size(items));
	ids_missing(get->app, run, json_object_get(result, "missing"));
}

int
cmd_get(struct app *app)
{
	struct get get = { .app = app };
	struct batch_job job = { .op = "get",
		.verb = "printed",
		.items = BATCH_ITEMS,
		.window = 1,
		.by_id = true,
		.item = batch_id,
		.args = make_args,
		.answer = print_items,
		.arg = &get };
	struct feed feed = { 0 };
	int rc;

	if (app_given(app, OPT_WITH_VECTOR))
		job.items = WITH_VECTOR_ITEMS;
	fields_put(&get.fields, "id", COLUMN_NUMBER);
	if ((rc = fields_parse(app, &get.fields, false)) == 0 && (rc = ids_feed(app, &feed)) == 0 &&
	    (rc = app_open(app, APP_TOKEN)) == 0) {
		if (app_given(app, OPT_WITH_VECTOR))
			fields_put(&get.fields, "vector", COLUMN_TEXT);
		rc = batch_run(app, &job, &feed);
	}
	feed_fini(&feed);
	fields_fini(&get.fields);
	return rc;
}
