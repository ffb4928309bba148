/*
 * snapshot.c - a copy of everything the daemon has.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "text.h"

/* The daemon is somewhere else: the path as it is from here.  NULL: no memory, or no folder here. */
static char *
absolute(const char *path)
{
	char *here, *all = NULL;

	if (path[0] == '/')
		return strdup(path);
	if ((here = getcwd(NULL, 0)) != NULL && asprintf(&all, "%s/%s", here, path) < 0)
		all = NULL;
	free(here);
	return all;
}

int
cmd_snapshot(struct app *app)
{
	struct client_reply r = { 0 };
	char *path = absolute(app->args.words[0]);
	json_t *args = NULL;
	int rc;

	if (path == NULL)
		return app_no_memory();
	if (app->args.words[0][0] == '\0' || !text_valid(path, strlen(path)))
		rc = app_usage(app, "the folder's path is empty or not UTF-8");
	else if ((args = json_pack("{s:s}", "path", path)) == NULL)
		rc = app_no_memory();
	else
		rc = app_open(app, APP_NO_TOKEN);
	free(path);
	if (rc != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call(app, "snapshot", args, &r)) == 0) {
		if (app->out.form == OUT_JSON)
			out_json(&app->out, r.result);
		else
			out_value(&app->out, json_object_get(r.result, "path"));
	}
	client_reply_fini(&r);
	return rc;
}
