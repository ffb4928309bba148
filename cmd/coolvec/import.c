/*
 * import.c - a file of vectors or texts into the collection, in large batches.
 *
 * Several batches are on the way at a time, so that the daemon never waits for the next one; what
 * is in memory is those batches, however long the file is.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "import.h"
#include "say.h"

#define WINDOW 3
#define LINE_MAX ((size_t)8 << 20)	/* a request has room for it, escapes and all */
#define TEXT_BYTES ((size_t)1 << 20)	/* of a batch; six times as many when all is escaped */
#define VECTOR_BYTES ((size_t)4 << 20)	/* the same; a third more as base64 */

static const struct {
	const char *name;
	const char *suffix, *other;	/* of files */
} formats[] = {
	[FORMAT_FVECS] = { "fvecs", ".fvecs", ".fvecs" },
	[FORMAT_NPY] = { "npy", ".npy", ".npy" },
	[FORMAT_JSONL] = { "jsonl", ".jsonl", ".ndjson" },
	[FORMAT_TSV] = { "tsv", ".tsv", ".tsv" },
};

enum format
format_by_name(const char *name)
{
	for (int i = 0; i < FORMAT_NONE; i++)
		if (strcmp(formats[i].name, name) == 0)
			return (enum format)i;
	return FORMAT_NONE;
}

enum format
format_by_file(const char *file)
{
	const char *dot = strrchr(file, '.');

	for (int i = 0; dot != NULL && i < FORMAT_NONE; i++)
		if (strcmp(formats[i].suffix, dot) == 0 || strcmp(formats[i].other, dot) == 0)
			return (enum format)i;
	return FORMAT_NONE;
}

static json_t *
make_args(void *arg, const struct batch *b)
{
	const struct import *imp = arg;
	json_t *args = app_args(imp->app);

	if (args != NULL && json_object_set(args, "items", b->items) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static void
answer(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	struct import *imp = arg;

	(void)result;
	imp->done += b->n;
	batch_done(run, b->n);
}

static int
check(struct import *imp, const char *file)
{
	struct app *app = imp->app;
	const char *name = app_value(app, OPT_FORMAT);
	bool binary;

	imp->format = name != NULL ? format_by_name(name) : format_by_file(file);
	if (imp->format == FORMAT_NONE && name != NULL)
		return app_usage(app, "--format is fvecs, npy, jsonl or tsv, not \"%s\"", name);
	if (imp->format == FORMAT_NONE)
		return app_usage(app, "the name %s does not tell its format: say --format", file);
	binary = imp->format == FORMAT_FVECS || imp->format == FORMAT_NPY;
	imp->key = app_value(app, OPT_KEY_MEMBER);
	if (imp->key != NULL && imp->format == FORMAT_TSV)
		return app_usage(app, "in tsv the key is the second column, not --key");
	if (imp->key != NULL && binary && strcmp(imp->key, "row") != 0)
		return app_usage(
		    app, "vectors have no members; --key row makes keys of their places");
	return 0;
}

static int
open_feed(struct import *imp, int fd, const char *name)
{
	switch (imp->format) {
	case FORMAT_FVECS:
		return import_open_fvecs(imp, fd, name);
	case FORMAT_NPY:
		return import_open_npy(imp, fd, name);
	case FORMAT_JSONL:
	case FORMAT_TSV:
	case FORMAT_NONE:
		break;
	}
	feed_lines(&imp->feed, fd, name, '\n', LINE_MAX);
	return 0;
}

static int
run(struct import *imp)
{
	struct batch_job job = { .op = "add", .verb = "imported", .items = BATCH_ITEMS_MAX,
		.bytes = TEXT_BYTES, .window = WINDOW, .change = true,
		.progress = PROGRESS_TERMINAL, .args = make_args, .answer = answer, .arg = imp };
	int rc;

	if (imp->format == FORMAT_JSONL) {
		job.item = import_object;
	} else if (imp->format == FORMAT_TSV) {
		job.item = import_columns;
	} else {
		job.item = import_vector;
		job.bytes = VECTOR_BYTES;
	}
	rc = batch_run(imp->app, &job, &imp->feed);
	out_count(&imp->app->out, "imported", imp->done);
	return rc;
}

int
cmd_import(struct app *app)
{
	struct import imp = { .app = app };
	const char *file = app->args.words[0];
	bool input = args_is_stdin(&app->args, 0);
	int fd = STDIN_FILENO;
	int rc;

	if ((rc = check(&imp, file)) != 0)
		return rc;
	if (!input && (fd = open(file, O_RDONLY | O_CLOEXEC)) < 0) {
		say_error("cannot open %s: %s", file, strerror(errno));
		return EXIT_USAGE;
	}
	if ((rc = app_open(app, APP_TOKEN)) == 0 &&
	    (rc = open_feed(&imp, fd, input ? "standard input" : file)) == 0)
		rc = run(&imp);
	feed_fini(&imp.feed);
	free(imp.base64);
	if (!input)
		close(fd);
	return rc;
}
