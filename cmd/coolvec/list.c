/*
 * list.c - all items, a page at a time, each printed before the next is asked for.
 */

#include "app.h"
#include "command.h"
#include "fields.h"
#include "num.h"

#define PAGE 1000

struct listing {
	struct app *app;
	struct fields fields;
	json_t *common;		/* the args that all pages have */
	json_t *after;		/* NULL: from the beginning */
	uint64_t left;		/* how many may still be printed */
};

/* Ask for a page and print it.  0, or a status; *more tells whether there is another. */
static int
print_page(struct listing *l, bool *more)
{
	struct client_reply r = { 0 };
	json_t *args = json_copy(l->common);
	json_t *items, *item, *next;
	size_t i;
	int rc;

	if (args == NULL || (l->after != NULL && json_object_set(args, "after", l->after) != 0) ||
	    json_object_set_new(
		args, "limit", json_integer(l->left < PAGE ? (json_int_t)l->left : PAGE)) != 0) {
		json_decref(args);
		return app_no_memory();
	}
	if ((rc = app_call(l->app, "list", args, &r)) != 0)
		return rc;
	items = json_object_get(r.result, "items");
	json_array_foreach(items, i, item) {
		out_item(&l->app->out, l->fields.columns, l->fields.n, item);
	}
	l->left -= json_array_size(items) < l->left ? json_array_size(items) : l->left;
	next = json_object_get(r.result, "next");
	json_decref(l->after);
	l->after = json_incref(next);
	*more = json_is_integer(next) && l->left > 0;
	client_reply_fini(&r);
	return out_flush(&l->app->out) ? 0 : EXIT_FAILED;
}

static int
prepare(struct listing *l)
{
	struct app *app = l->app;
	const char *limit = app_value(app, OPT_LIMIT);
	json_int_t after;
	int rc;

	fields_put(&l->fields, "id", COLUMN_NUMBER);
	if ((l->common = app_args(app)) == NULL)
		return app_no_memory();
	if ((rc = fields_parse(app, &l->fields, false)) != 0 ||
	    (rc = app_put_string(app, l->common, OPT_WHERE, "where")) != 0)
		return rc;
	if (limit != NULL && !num_parse(limit, 1, INT64_MAX, &l->left))
		return app_usage(app, "--limit is a number from 1, not \"%s\"", limit);
	if (!app_given(app, OPT_AFTER))
		return 0;
	if ((rc = app_id(app, app_value(app, OPT_AFTER), &after)) != 0)
		return rc;
	return (l->after = json_integer(after)) != NULL ? 0 : app_no_memory();
}

int
cmd_list(struct app *app)
{
	struct listing l = { .app = app, .left = UINT64_MAX };
	bool more = true;
	int rc;

	if ((rc = prepare(&l)) == 0 && (rc = app_open(app, APP_TOKEN)) == 0)
		while (rc == 0 && more)
			rc = print_page(&l, &more);
	fields_fini(&l.fields);
	json_decref(l.common);
	json_decref(l.after);
	return rc;
}
