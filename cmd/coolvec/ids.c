/*
 * ids.c - ids from words or lines.
 */

#include <stdio.h>

#include "command.h"
#include "ids.h"

#define ID_LINE_MAX ((size_t)4096)

int
ids_feed(const struct app *app, struct feed *feed)
{
	if (app_from_stdin(app, true))
		feed_stdin(feed, app_given(app, OPT_NUL) ? '\0' : '\n', ID_LINE_MAX);
	else if (app->args.nwords > 0)
		feed_words(feed, app->args.words, app->args.nwords);
	else
		return app_usage(app, "%s which? ids, or - to read them from standard input",
		    app->args.command->name);
	return 0;
}

void
ids_missing(const struct app *app, struct batch_run *run, const json_t *missing)
{
	const char *name = app_collection(app);
	char why[160];
	json_t *id;
	size_t i;

	json_array_foreach(missing, i, id) {
		snprintf(why, sizeof(why), "no vector %lld%s%s", (long long)json_integer_value(id),
		    name != NULL ? " in collection " : "", name != NULL ? name : "");
		batch_bad(run, 0, EXIT_NOT_FOUND, why);
	}
}
