/*
 * similarity.c - the nearest to ids, texts or vectors; and search, which is the same for texts.
 *
 * Each query is a request of its own, several of them on the way at a time.
 */

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "batch.h"
#include "command.h"
#include "fields.h"
#include "num.h"
#include "say.h"
#include "vectors.h"

struct query {
	struct app *app;
	const char *member;	/* "id", "text" or "vector" */
	bool show;		/* which query a row belongs to */
	json_t *common;		/* the args that all queries have */
	json_t *vectors;
	struct fields fields;
	char *text[1];		/* the word of --text */
	char **none;		/* words for vectors */
	char empty[1];
};

static json_t *
make_item(void *arg, const struct record *r, char *why, size_t nwhy)
{
	const struct query *q = arg;

	if (q->vectors != NULL)
		return json_incref(json_array_get(q->vectors, r->place - 1));
	return strcmp(q->member, "id") == 0 ? batch_id(NULL, r, why, nwhy) :
	    batch_text(NULL, r, why, nwhy);
}

static json_t *
make_args(void *arg, const struct batch *b)
{
	const struct query *q = arg;
	json_t *args = json_copy(q->common);

	if (args != NULL && json_object_set(args, q->member, json_array_get(b->items, 0)) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static void
print_results(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	const struct query *q = arg;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(result, "results"), i, row) {
		if (q->show && q->vectors != NULL)
			json_object_set_new(row, "query", json_integer((json_int_t)b->places[0]));
		else if (q->show)
			json_object_set(row, "query", json_array_get(b->items, 0));
		out_item(&q->app->out, q->fields.columns, q->fields.n, row);
	}
	batch_done(run, 1);
}

static int
read_vectors(struct app *app, struct query *q, struct feed *feed)
{
	struct err err = { 0 };
	size_t n;
	int rc;

	if ((rc = vectors_read(app_value(app, OPT_VECTOR), &q->vectors, &err)) != 0) {
		say_error("%s", err.text);
		return rc;
	}
	n = json_array_size(q->vectors);
	if ((q->none = num_alloc(n, sizeof(*q->none))) == NULL)
		return app_no_memory();
	for (size_t i = 0; i < n; i++)
		q->none[i] = q->empty;
	feed_words(feed, q->none, (int)n);
	if (n > 1)
		feed->unit = "vector";
	q->show = n > 1;
	return 0;
}

static int
open_feed(struct app *app, struct query *q, struct feed *feed)
{
	int sources =
	    app_given(app, OPT_TEXT) + app_given(app, OPT_VECTOR) + (app->args.nwords > 0);

	if (sources != 1)
		return app_usage(app, "similarity takes ids, or --text, or --vector");
	if (app_given(app, OPT_VECTOR)) {
		q->member = "vector";
		return read_vectors(app, q, feed);
	}
	if (app_given(app, OPT_TEXT)) {
		q->member = "text";
		if ((q->text[0] = strdup(app_value(app, OPT_TEXT))) == NULL)
			return app_no_memory();
		feed_words(feed, q->text, 1);
		return 0;
	}
	q->show = app_from_stdin(app, false) || app->args.nwords > 1;
	if (app_from_stdin(app, false))
		feed_stdin(feed, app_given(app, OPT_NUL) ? '\0' : '\n', WIRE_TEXT_MAX);
	else
		feed_words(feed, app->args.words, app->args.nwords);
	return 0;
}

/* --fields, and what goes into every request. */
static int
prepare(struct app *app, struct query *q)
{
	int rc;

	if ((q->common = app_args(app)) == NULL)
		return app_no_memory();
	if (q->show)
		fields_put(&q->fields, "query",
		    strcmp(q->member, "text") == 0 ? COLUMN_TEXT : COLUMN_NUMBER);
	fields_put(&q->fields, "id", COLUMN_NUMBER);
	fields_put(&q->fields, "distance", COLUMN_NUMBER);
	if ((rc = fields_parse(app, &q->fields, true)) != 0 ||
	    (rc = app_put_number(app, q->common, OPT_NEAREST, "k", 1, 10000)) != 0 ||
	    (rc = app_put_number(app, q->common, OPT_EF, "ef", 1, 10000)) != 0 ||
	    (rc = app_put_string(app, q->common, OPT_METRIC, "metric")) != 0 ||
	    (rc = app_put_string(app, q->common, OPT_WHERE, "where")) != 0)
		return rc;
	if (app_given(app, OPT_EXACT) && json_object_set_new(q->common, "exact", json_true()) != 0)
		return app_no_memory();
	if ((app_given(app, OPT_FIELDS) || app->out.form != OUT_JSON) &&
	    json_object_set(q->common, "fields", q->fields.names) != 0)
		return app_no_memory();
	return 0;
}

static int
ask(struct app *app, const char *member)
{
	struct query q = { .app = app, .member = member };
	struct batch_job job = { .op = "similarity",
		.verb = "answered",
		.items = 1,
		.window = BATCH_WINDOW,
		.item = make_item,
		.args = make_args,
		.answer = print_results,
		.arg = &q };
	struct feed feed = { 0 };
	int rc;

	if ((rc = open_feed(app, &q, &feed)) == 0 && (rc = prepare(app, &q)) == 0 &&
	    (rc = app_open(app, APP_TOKEN)) == 0) {
		job.by_id = strcmp(q.member, "id") == 0;
		rc = batch_run(app, &job, &feed);
	}
	feed_fini(&feed);
	fields_fini(&q.fields);
	free(q.text[0]);
	free(q.none);
	json_decref(q.common);
	json_decref(q.vectors);
	return rc;
}

int
cmd_similarity(struct app *app)
{
	return ask(app, "id");
}

int
cmd_search(struct app *app)
{
	return ask(app, "text");
}
