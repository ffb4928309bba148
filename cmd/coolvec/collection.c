/*
 * collection.c - create, list, show, drop.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "wire.h"

/* Ask about one collection and print it. */
static int
call_and_print(struct app *app, const char *op, json_t *args)
{
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call(app, op, args, &r)) == 0)
		out_record(&app->out, r.result);
	client_reply_fini(&r);
	return rc;
}

int
cmd_collection_create(struct app *app)
{
	json_t *args = json_pack("{s:s}", "name", app->args.words[0]);
	int rc;

	if (args == NULL)
		return app_usage(app, "the name is not UTF-8");
	if ((rc = app_put_string(app, args, OPT_METRIC, "metric")) == 0 &&
	    (rc = app_put_string(app, args, OPT_EMBEDDER, "embedder")) == 0 &&
	    (rc = app_put_number(app, args, OPT_DIM, "dim", 1, 16000)) == 0 &&
	    (rc = app_put_string(app, args, OPT_CODES, "codes")) == 0 &&
	    (rc = app_put_number(app, args, OPT_M, "M", 2, 1024)) == 0 &&
	    (rc = app_put_number(app, args, OPT_EF_CONSTRUCTION, "ef_construction", 1, 100000)) ==
		0)
		return call_and_print(app, "collection_create", args);
	json_decref(args);
	return rc;
}

int
cmd_collection_show(struct app *app)
{
	const char *name = app->args.nwords > 0 ? app->args.words[0] : app_collection(app);
	json_t *args = name != NULL ? json_pack("{s:s}", "name", name) : json_object();

	if (args == NULL)
		return app_usage(app, "the name is not UTF-8");
	return call_and_print(app, "collection_show", args);
}

/* A row has no room for the embedder's description: its provider will do, or nothing. */
static void
put_row(struct app *app, json_t *collection)
{
	static const struct column columns[] = {
		{ "name", COLUMN_TEXT }, { "metric", COLUMN_TEXT }, { "dim", COLUMN_NUMBER },
		{ "count", COLUMN_NUMBER }, { "embedder", COLUMN_TEXT },
	};
	json_t *embedder = json_object_get(collection, "embedder");

	if (app->out.form != OUT_JSON && json_is_object(embedder))
		json_object_set(collection, "embedder", json_object_get(embedder, "provider"));
	out_item(&app->out, columns, sizeof(columns) / sizeof(columns[0]), collection);
}

int
cmd_collection_list(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *collection;
	size_t i;
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0 ||
	    (rc = app_call(app, "collection_list", json_object(), &r)) != 0)
		return rc;
	json_array_foreach(json_object_get(r.result, "collections"), i, collection) {
		put_row(app, collection);
	}
	client_reply_fini(&r);
	return 0;
}

/* On a terminal the answer must be the name itself: "y" is typed too easily. */
static int
confirm(const struct app *app, const char *name)
{
	char line[128];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return app_usage(app, "collection drop deletes all in %s: say --yes", name);
	fprintf(stderr, "delete the collection and all in it? type its name: ");
	if (fgets(line, sizeof(line), stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (strcmp(line, name) == 0)
		return 0;
	fprintf(stderr, "coolvec: nothing was deleted\n");
	return EXIT_FAILED;
}

int
cmd_collection_drop(struct app *app)
{
	const char *name = app->args.words[0];
	json_t *args = json_pack("{s:s}", "name", name);
	int rc;

	if (args == NULL)
		return app_usage(app, "the name is not UTF-8");
	if (!app_given(app, OPT_YES) && (rc = confirm(app, name)) != 0) {
		json_decref(args);
		return rc;
	}
	return call_and_print(app, "collection_drop", args);
}
