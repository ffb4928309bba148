/*
 * export.c - all items of a collection into a file that import reads.
 *
 * JSON lines hold everything, the vectors as base64 of their bytes; npy holds the vectors alone, in
 * the order of the ids.  Pages are asked for by id, so what changes meanwhile disturbs nothing: an
 * item is in the file as it was when its page was read.
 */

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "command.h"
#include "export.h"
#include "import.h"
#include "interrupt.h"
#include "num.h"
#include "progress.h"
#include "say.h"
#include "text.h"

#define PAGE_ITEMS 1000
#define PAGE_BYTES ((size_t)4 << 20)	/* of vectors */

struct export {
	struct app *app;
	enum format format;
	struct sink sink;
	size_t dim;
	uint64_t count;		/* when it began */
	uint64_t done;
	void *vector;		/* room for the bytes of one, as base64_decode wants it */
	struct buf line;
};

/* --- items ------------------------------------------------------------------------------------ */

static int
write_line(struct export *ex, json_t *item)
{
	struct buf shown = { 0 };
	const char *key;
	void *next;
	json_t *value;
	int rc;

	json_object_foreach_safe(item, next, key, value) {
		if (json_is_null(value))
			json_object_del(item, key);
	}
	buf_reset(&ex->line);
	if (!wire_put(&ex->line, item) || !buf_putc(&ex->line, '\n'))
		return app_no_memory();
	if (!ex->sink.screen)
		return sink_put(&ex->sink, ex->line.p, ex->line.len);
	text_escape_json(&shown, ex->line.p, ex->line.len);
	rc = shown.failed ? app_no_memory() : sink_put(&ex->sink, shown.p, shown.len);
	buf_fini(&shown);
	return rc;
}

static int
write_item(struct export *ex, json_t *item)
{
	const json_t *vector = json_object_get(item, "vector");
	size_t bytes = ex->dim * sizeof(float), n;

	if (json_string_length(vector) != BASE64_LEN(bytes) ||
	    !base64_decode(json_string_value(vector), BASE64_LEN(bytes), ex->vector, &n) ||
	    n != bytes) {
		say_error("vector %lld cannot be read: see coolvec verify",
		    (long long)json_integer_value(json_object_get(item, "id")));
		return EXIT_MISMATCH;
	}
	if (ex->format == FORMAT_NPY)
		return sink_put(&ex->sink, ex->vector, bytes);
	return write_line(ex, item);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* The ids of a page as the args of `get`. */
static int
list_page(struct export *ex, json_t *after, json_t **next, json_t **ids)
{
	size_t limit = PAGE_BYTES / (sizeof(float) * ex->dim);
	json_t *args = app_args(ex->app), *item;
	struct client_reply r = { 0 };
	size_t i;
	int rc;

	if (limit < 1 || limit > PAGE_ITEMS)
		limit = limit < 1 ? 1 : PAGE_ITEMS;
	if ((*ids = json_array()) == NULL || args == NULL ||
	    json_object_set_new(args, "limit", json_integer((json_int_t)limit)) != 0 ||
	    (after != NULL && json_object_set(args, "after", after) != 0)) {
		json_decref(args);
		return app_no_memory();
	}
	if ((rc = app_call(ex->app, "list", args, &r)) != 0)
		return rc;
	json_array_foreach(json_object_get(r.result, "items"), i, item) {
		json_array_append(*ids, json_object_get(item, "id"));
	}
	*next = json_incref(json_object_get(r.result, "next"));
	client_reply_fini(&r);
	return 0;
}

static int
write_page(struct export *ex, json_t *ids)
{
	json_t *args = app_args(ex->app), *item;
	struct client_reply r = { 0 };
	size_t i;
	int rc;

	if (args == NULL || json_object_set(args, "ids", ids) != 0 ||
	    json_object_set_new(args, "with_vector", json_true()) != 0 ||
	    json_object_set_new(args, "base64", json_true()) != 0) {
		json_decref(args);
		return app_no_memory();
	}
	rc = app_call(ex->app, "get", args, &r);
	json_array_foreach(json_object_get(r.result, "items"), i, item) {
		if (rc != 0 || (rc = write_item(ex, item)) != 0)
			break;
		ex->done++;
	}
	client_reply_fini(&r);
	return rc;
}

static int
write_all(struct export *ex)
{
	json_t *after = NULL, *next = NULL, *ids = NULL;
	int rc;

	do {
		if ((rc = list_page(ex, after, &next, &ids)) == 0 && json_array_size(ids) > 0)
			rc = write_page(ex, ids);
		progress_step(ex->done, ex->done);
		json_decref(ids);
		json_decref(after);
		after = next;
		next = NULL;
	} while (rc == 0 && json_is_integer(after) && !interrupt_came());
	json_decref(after);
	return rc == 0 && interrupt_came() ? EXIT_INTERRUPTED : rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* The collection's dim and count; room for a vector. */
static int
prepare(struct export *ex)
{
	const char *name = app_collection(ex->app);
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_call(ex->app, "collection_show",
	    name != NULL ? json_pack("{s:s}", "name", name) : json_object(), &r)) != 0)
		return rc;
	ex->dim = (size_t)json_integer_value(json_object_get(r.result, "dim"));
	ex->count = (uint64_t)json_integer_value(json_object_get(r.result, "count"));
	client_reply_fini(&r);
	ex->vector = num_alloc(BASE64_BYTES(BASE64_LEN(ex->dim * sizeof(float))), 1);
	return ex->dim > 0 && ex->vector != NULL ? 0 : app_no_memory();
}

static int
write_file(struct export *ex, const char *file)
{
	int rc;

	if ((rc = sink_open(&ex->sink, file, &ex->app->out)) != 0)
		return rc;
	if (ex->format == FORMAT_NPY)
		rc = sink_npy(&ex->sink, ex->count, ex->dim);
	if (rc == 0)
		rc = write_all(ex);
	if (rc == 0 && ex->format == FORMAT_NPY && ex->done != ex->count)
		rc = sink_npy_again(&ex->sink, ex->done, ex->dim);
	progress_end(ex->done, ex->done);
	if (rc == EXIT_INTERRUPTED)
		say_error("interrupted: %llu exported", (unsigned long long)ex->done);
	return rc == 0 ? sink_keep(&ex->sink) : rc;
}

static int
check(struct export *ex, const char *file)
{
	struct app *app = ex->app;
	const char *name = app_value(app, OPT_FORMAT);

	ex->format = name != NULL ? format_by_name(name) : format_by_file(file);
	if (name == NULL && strcmp(file, "-") == 0)
		ex->format = FORMAT_JSONL;
	if (ex->format == FORMAT_NONE && name == NULL)
		return app_usage(app, "the name %s does not tell its format: say --format", file);
	if (ex->format != FORMAT_JSONL && ex->format != FORMAT_NPY)
		return app_usage(app, "what can be written is jsonl and npy");
	return 0;
}

int
cmd_export(struct app *app)
{
	struct export ex = { .app = app };
	const char *file = app->args.nwords > 0 ? app->args.words[0] : "-";
	int rc;

	if ((rc = check(&ex, file)) == 0 && (rc = app_open(app, APP_TOKEN)) == 0 &&
	    (rc = prepare(&ex)) == 0) {
		client_watch(app->client, interrupt_begin(), -1);
		progress_begin("exported", ex.count,
		    app_given(app, OPT_PROGRESS) ? PROGRESS_ALWAYS :
		    strcmp(file, "-") == 0 ? PROGRESS_NO_RESULTS : PROGRESS_TERMINAL);
		rc = write_file(&ex, file);
		if (rc == 0 && strcmp(file, "-") != 0)
			out_count(&app->out, "exported", ex.done);
	}
	sink_drop(&ex.sink);
	buf_fini(&ex.line);
	free(ex.vector);
	return rc;
}
