/*
 * app.h - one run of the command: its arguments, settings, connection and output.
 *
 * Commands return exit statuses (wire.h).  Whoever finds out that something failed says so on
 * standard error, once, and returns the status; whoever gets a status only passes it on.
 */

#ifndef COOLVEC_APP_H
#define COOLVEC_APP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "env.h"
#include "option.h"
#include "out.h"

struct app {
	struct args args;
	struct env *env;
	struct out out;
	bool quiet;
	char socket[128];
	struct client *client;	/* NULL until app_open */
	char *token;		/* NULL: this run needs none */
	bool token_is_stored;	/* it came from the file that login wrote */
	bool lexical_said;
	char *collection;	/* that the prompt is in; NULL: the preferred one */
};

enum app_need {
	APP_NO_TOKEN,
	APP_ANY_TOKEN,	/* one that is there, even expired: login shows by it that it was here before */
	APP_TOKEN,
};

/* Read the settings and find the socket, as far as that was not done.  0 or a status. */
int app_init(struct app *app);
void app_fini(struct app *app);

/*
 * Connect, unless a connection is there and stands, and find the token when it is needed.  0; a
 * client's failure; or a status, with the reason.
 */
int app_try(struct app *app, enum app_need need, struct err *err);

/* The same; says what failed.  0 or a status. */
int app_open(struct app *app, enum app_need need);

/* The collection that -c names, or the prompt is in; NULL: the preferred one. */
const char *app_collection(const struct app *app);

/* A new object for `args`, with app_collection when there is one.  NULL: no memory. */
json_t *app_args(const struct app *app);

/*
 * Ask; takes `args`.  0 and the answer, whose result is there; end it with client_reply_fini.  Or a
 * status.
 */
int app_call(struct app *app, const char *op, json_t *args, struct client_reply *r);

/*
 * The same for a change: it gets a request_id, and when the connection is lost it is asked once
 * more, so that the outcome is known.
 */
int app_call_once(struct app *app, const char *op, json_t *args, struct client_reply *r);

/* Fresh hex for a request_id. */
#define REQUEST_ID_LEN 32
void app_request_id(char id[REQUEST_ID_LEN + 1]);

/* Connect anew after a loss, for up to two seconds.  0, or a client's failure. */
int app_reopen(struct app *app, struct err *err);

/* Say what went wrong with the connection; or what the daemon refused.  The exit status. */
int app_lost(const struct app *app, int rc, const struct err *err);
int app_refused(const struct app *app, const struct client_reply *r);

/* Look at a result: say, once, that the local embedder made vectors. */
void app_saw(struct app *app, const json_t *result);

/* Say what is wrong with the command line, and the right usage.  EXIT_USAGE. */
int app_usage(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int app_no_memory(void);

/* --- arguments -------------------------------------------------------------------------------- */

static inline bool
app_given(const struct app *app, enum opt o)
{
	return app->args.given[o];
}

static inline const char *
app_value(const struct app *app, enum opt o)
{
	return app->args.value[o];
}

/* Whether standard input is the source: its only word is `-`, or (with `silent`) there is none. */
bool app_from_stdin(const struct app *app, bool silent);

/* `-` beside other words is refused.  0 or a status. */
int app_check_words(const struct app *app);

/* A number's option into args[name], when given.  0 or a status. */
int app_put_number(const struct app *app, json_t *args, enum opt o, const char *name,
    uint64_t least, uint64_t most);

/* A string's option into args[name], when given.  0 or a status. */
int app_put_string(const struct app *app, json_t *args, enum opt o, const char *name);

/* A vector's id.  0 or a status. */
int app_id(const struct app *app, const char *word, json_int_t *id);

/* The value of --meta.  0 and a new reference, or a status. */
int app_meta(const struct app *app, const char *text, json_t **meta);

#endif
