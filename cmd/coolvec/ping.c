/*
 * ping.c - whether the daemon answers, and how fast.
 */

#include <time.h>

#include "app.h"
#include "command.h"

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
cmd_ping(struct app *app)
{
	struct client_reply r = { 0 };
	double start;
	int rc;

	if ((rc = app_open(app, APP_NO_TOKEN)) != 0)
		return rc;
	start = now();
	if ((rc = app_call(app, "ping", json_object(), &r)) != 0)
		return rc;
	json_object_set_new(r.result, "round_trip_us", json_integer((json_int_t)(now() - start)));
	out_record(&app->out, r.result);
	client_reply_fini(&r);
	return 0;
}
