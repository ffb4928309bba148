/*
 * stats.c - figures of the collection and the daemon.
 */

#include "app.h"
#include "command.h"

int
cmd_stats(struct app *app)
{
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0 ||
	    (rc = app_call(app, "stats", app_args(app), &r)) != 0)
		return rc;
	out_record(&app->out, r.result);
	client_reply_fini(&r);
	return 0;
}
