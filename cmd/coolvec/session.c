/*
 * session.c - commands one after the other, as if each were a run of its own.
 *
 * A line becomes an argv and goes the way that main's argv goes.  What stays from one to the next
 * is the settings and the connection in `app`; a command that names another socket or other
 * settings has an app of its own.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"
#include "num.h"
#include "run.h"
#include "say.h"
#include "session.h"

void
session_init(struct session *s, struct app *app)
{
	*s = (struct session){ .app = app, .base = app->args, .output = -1 };
	s->base.given[OPT_COLLECTION] = false;	/* that is app->collection, which can be changed */
}

void
session_fini(struct session *s)
{
	s->app->args = s->base;
	if (s->output >= 0)
		close(s->output);
	free(s->last);
}

/* --- who and where ---------------------------------------------------------------------------- */

int
session_ask(struct session *s, const char *op, json_t *args, struct client_reply *r)
{
	struct err err = { 0 };
	int rc = -1;

	*r = (struct client_reply){ 0 };
	s->app->args = s->base;
	if (args != NULL && app_try(s->app, APP_TOKEN, &err) == 0) {
		client_watch(s->app->client, interrupt_session_fd(), 1000);
		rc = client_call(s->app->client, op, s->app->token, args, r, &err);
	}
	json_decref(args);
	if (rc == 0 && r->code == WIRE_OK)
		return 0;
	client_reply_fini(r);
	return -1;
}

static void
copy_member(char *to, size_t n, const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	snprintf(to, n, "%s", value != NULL ? value : "");
}

static void
learn(struct session *s)
{
	struct client_reply r;

	s->user[0] = '\0';
	if (session_ask(s, "whoami", json_object(), &r) != 0)
		return;
	copy_member(s->user, sizeof(s->user), r.result, "username");
	client_reply_fini(&r);
	if (session_ask(s, "prefs", json_object(), &r) == 0)
		copy_member(s->collection, sizeof(s->collection), r.result, "collection");
	client_reply_fini(&r);
}

void
session_prompt(struct session *s, char *prompt, size_t n)
{
	const char *collection = s->app->collection != NULL ? s->app->collection : s->collection;
	struct err err;
	bool here;

	s->app->args = s->base;
	here = app_try(s->app, APP_NO_TOKEN, &err) == 0;
	if (here && s->user[0] == '\0')
		learn(s);
	if (s->user[0] != '\0')
		snprintf(prompt, n, "%s:%s%s> ", s->user, collection,
		    here ? "" : " (not connected)");
	else
		snprintf(prompt, n, "(%s)> ", here ? "not logged in" : "not connected");
}

/* --- running ---------------------------------------------------------------------------------- */

/* Options of the prompt's own command line that this one does not have. */
static void
inherit(struct args *a, const struct args *base)
{
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++) {
		if (a->given[o] || !base->given[o])
			continue;
		a->given[o] = true;
		a->value[o] = base->value[o];
	}
}

/* Send standard output to \o's file and back; results are flushed by then.  The old one, or -1. */
static int
redirect(int to)
{
	int old = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);

	fflush(stdout);
	if (old >= 0 && dup2(to, STDOUT_FILENO) >= 0)
		return old;
	if (old >= 0)
		close(old);
	return -1;
}

static void
restore(int old)
{
	fflush(stdout);
	clearerr(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
}

static int
run_in(struct session *s, struct app *app, int status)
{
	int old = -1;

	if (s->output >= 0 && (old = redirect(s->output)) < 0) {
		say_error("cannot use the output of \\o");
		return EXIT_FAILED;
	}
	out_init(&app->out, app_given(app, OPT_JSON));
	app->out.expanded = s->expanded;
	status = run_command(app, status);
	if (old >= 0)
		restore(old);
	clearerr(stdout);
	return status;
}

/* The name shown may be another one now. */
static bool
changes_identity(const struct command *c)
{
	return c != NULL && (c->run == cmd_login || c->run == cmd_logout || c->run == cmd_passwd ||
	    c->run == cmd_prefs);
}

static int
run_words(struct session *s, const struct words *w)
{
	struct app other = { .collection = NULL }, *app = s->app;
	char **argv = num_alloc((size_t)w->n + 2, 2 * sizeof(*argv));
	static char name[] = "coolvec";
	struct err err = { 0 };
	struct args args;
	int status;

	if (argv == NULL)
		return app_no_memory();
	argv[0] = name;
	memcpy(argv + 1, w->v, ((size_t)w->n + 1) * sizeof(*argv));
	status = args_parse(w->n + 1, argv, argv + w->n + 2, &args, &err);
	if (args.given[OPT_SOCKET] || args.given[OPT_ENV])
		app = &other;
	inherit(&args, &s->base);
	app->args = args;
	if (status != 0)
		status = app_usage(app, "%s", err.text);
	else if (args.command != NULL && args.command->run == cmd_repl)
		status = app_usage(app, "this is the prompt already");
	status = run_in(s, app, status);
	if (status == 0 && changes_identity(args.command) && app != &other)
		learn(s);
	if (app == &other)
		app_fini(app);
	s->app->args = s->base;
	free(argv);
	return status;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
run_command_line(struct session *s, const char *line, const struct words *w)
{
	char *copy = line != s->last ? strdup(line) : NULL;
	double start = now();
	int status;

	if (copy != NULL) {
		free(s->last);
		s->last = copy;
	}
	status = run_words(s, w);
	if (s->timing)
		fprintf(stderr, "time: %.3f ms\n", now() - start);
	return status;
}

int
session_run(struct session *s, const char *line)
{
	struct err err = { 0 };
	struct words w;
	bool backslash;
	int status;

	while (*line == ' ' || *line == '\t')
		line++;
	if (*line == '\0' || *line == '#')
		return 0;
	if ((backslash = *line == '\\') && line[1] == '!')
		return session_shell(line + 2);
	if ((status = words_split(line + backslash, &w, &err)) != 0)
		say_error("%s", err.text);
	else if ((w.n > 0 || backslash) && !session_meta(s, &w, backslash, &status))
		status = run_command_line(s, line, &w);
	words_fini(&w);
	return status;
}

bool
session_may_keep(const char *line)
{
	const struct command *c = NULL;
	struct err err = { 0 };
	struct words w;
	bool keep = true;

	if (*line == '\0' || *line == ' ' || *line == '\t')
		return false;
	words_split(line, &w, &err);
	for (int i = 0; i < w.n && c == NULL; i++)	/* options may stand before it */
		c = command_find(w.v[i], NULL);
	for (size_t i = 0; c != NULL && c->options[i] != OPT_END; i++)
		keep = keep && c->options[i] != OPT_PASSWORD_FILE;
	words_fini(&w);
	return keep;
}
