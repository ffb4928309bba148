/*
 * add.c - texts, objects or vectors into the collection.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "batch.h"
#include "command.h"
#include "num.h"
#include "say.h"
#include "vectors.h"

#define JSONL_MAX                                                                                  \
	((size_t)8 << 20) /* a line of --jsonl; a request has room for it, escapes and all */

struct add {
	struct app *app;
	bool jsonl;
	const char *key;
	json_t *meta;		/* NULL: none */
	json_t *vectors;	/* by place from 0; NULL: none */
	char **none;		/* words for vectors without texts */
	char empty[1];
};

static json_t *
object_item(const struct record *r, char *why, size_t nwhy)
{
	json_error_t e;
	json_t *item = json_loadb(r->p, r->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);

	if (item == NULL) {
		snprintf(why, nwhy, "not JSON: %s", e.text);
	} else if (!json_is_object(item)) {
		json_decref(item);
		snprintf(why, nwhy, "not a JSON object");
		item = NULL;
	}
	return item;
}

static json_t *
make_item(void *arg, const struct record *r, char *why, size_t nwhy)
{
	const struct add *add = arg;
	json_t *item, *text = NULL;
	int rc = 0;

	if (add->jsonl)
		return object_item(r, why, nwhy);
	if ((add->vectors == NULL || r->n > 0) && (text = batch_text(NULL, r, why, nwhy)) == NULL)
		return NULL;
	if ((item = json_object()) == NULL) {
		json_decref(text);
		return NULL;
	}
	if (text != NULL)
		rc |= json_object_set_new(item, "text", text);
	if (add->vectors != NULL)
		rc |= json_object_set(item, "vector", json_array_get(add->vectors, r->place - 1));
	if (add->key != NULL && json_object_set_new(item, "key", json_string(add->key)) != 0) {
		snprintf(why, nwhy, "the key is not UTF-8");
		rc = -1;
	}
	if (add->meta != NULL)
		rc |= json_object_set(item, "meta", add->meta);
	if (rc == 0)
		return item;
	json_decref(item);
	return NULL;
}

static json_t *
make_args(void *arg, const struct batch *b)
{
	const struct add *add = arg;
	json_t *args = app_args(add->app);

	if (args != NULL && json_object_set(args, "items", b->items) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static void
print_ids(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	const struct add *add = arg;
	json_t *id;
	size_t i;

	json_array_foreach(json_object_get(result, "ids"), i, id) {
		out_id(&add->app->out, json_integer_value(id));
	}
	batch_done(run, b->n);
}

/* Vectors from a file: alone, or one for each text. */
static int
open_vectors(struct app *app, struct add *add, struct feed *feed)
{
	struct err err = { 0 };
	int nwords = app->args.nwords;
	size_t n;
	int rc;

	if (add->jsonl || app_from_stdin(app, false))
		return app_usage(app, "--vector goes with texts given as arguments, or alone");
	if ((rc = vectors_read(app_value(app, OPT_VECTOR), &add->vectors, &err)) != 0) {
		say_error("%s", err.text);
		return rc;
	}
	n = json_array_size(add->vectors);
	if (nwords > 0 && (size_t)nwords != n)
		return app_usage(app, "%zu vectors for %d texts", n, nwords);
	if (nwords > 0) {
		feed_words(feed, app->args.words, nwords);
		return 0;
	}
	if ((add->none = num_alloc(n, sizeof(*add->none))) == NULL)
		return app_no_memory();
	for (size_t i = 0; i < n; i++)
		add->none[i] = add->empty;
	feed_words(feed, add->none, (int)n);
	if (n > 1)
		feed->unit = "vector";
	return 0;
}

static int
open_feed(struct app *app, struct add *add, struct feed *feed)
{
	bool input = app_from_stdin(app, false);
	bool asked = app_given(app, OPT_JSONL) || app_given(app, OPT_NUL);

	add->jsonl = app_given(app, OPT_JSONL);
	add->key = app_value(app, OPT_KEY);
	if (app_given(app, OPT_VECTOR))
		return open_vectors(app, add, feed);
	if (asked && app->args.nwords > 0 && !input)
		return app_usage(app, "--jsonl and -0 read standard input: coolvec add -");
	if (input || asked) {
		feed_stdin(feed, app_given(app, OPT_NUL) ? '\0' : '\n',
		    add->jsonl ? JSONL_MAX : WIRE_TEXT_MAX);
		return 0;
	}
	if (app->args.nwords == 0)
		return app_usage(app, "add what? a text, or - to read lines from standard input");
	feed_words(feed, app->args.words, app->args.nwords);
	return 0;
}

static int
check(const struct app *app, const struct add *add, const struct feed *feed)
{
	if (add->jsonl && (add->key != NULL || add->meta != NULL))
		return app_usage(app, "with --jsonl the objects bring their own key and meta");
	if (add->key != NULL && (feed->words == NULL || feed->nwords != 1))
		return app_usage(app, "--key names one item");
	return 0;
}

int
cmd_add(struct app *app)
{
	struct add add = { .app = app };
	struct batch_job job = { .op = "add", .verb = "added", .items = BATCH_ITEMS, .window = 1,
		.change = true, .progress = PROGRESS_NO_RESULTS, .item = make_item,
		.args = make_args, .answer = print_ids, .arg = &add };
	struct feed feed = { 0 };
	int rc = 0;

	if (app_given(app, OPT_META))
		rc = app_meta(app, app_value(app, OPT_META), &add.meta);
	if (rc == 0 && (rc = open_feed(app, &add, &feed)) == 0 &&
	    (rc = check(app, &add, &feed)) == 0 && (rc = app_open(app, APP_TOKEN)) == 0)
		rc = batch_run(app, &job, &feed);
	feed_fini(&feed);
	free(add.none);
	json_decref(add.meta);
	json_decref(add.vectors);
	return rc;
}
