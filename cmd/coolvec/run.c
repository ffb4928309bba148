/*
 * run.c - from a command line that was read to its exit status.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "help.h"
#include "run.h"
#include "say.h"

/* Results are results only when they were written. */
static int
finish(struct app *app, int status)
{
	int failed = out_end(&app->out);

	if (failed == 0)
		return status;
	say_error("cannot write the results: %s", strerror(failed));
	return EXIT_FAILED;
}

static int
check_count(struct app *app)
{
	const struct command *c = app->args.command;
	int n = app->args.nwords;

	if (n < c->least)
		return app_usage(app, "%s: too few arguments", c->name);
	if (c->most >= 0 && n > c->most)
		return app_usage(app, "%s: too many arguments, from \"%s\" on", c->name,
		    app->args.words[c->most]);
	return app_check_words(app);
}

/* Without a command: on a terminal the prompt, which is for people, else the usage. */
static const struct command *
command_of(const struct app *app)
{
	if (app->args.command == NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return command_find("repl", NULL);
	return app->args.command;
}

static int
run(struct app *app)
{
	const struct command *c = app->args.command;
	int status;

	if (app_given(app, OPT_VERSION))
		return cmd_version(app);
	if (app_given(app, OPT_HELP)) {
		if (c != NULL)
			help_command(stdout, c);
		else
			help_all(stdout);
		return 0;
	}
	if ((c = app->args.command = command_of(app)) == NULL) {
		help_usage(stderr, NULL);
		return EXIT_USAGE;
	}
	if ((status = check_count(app)) != 0)
		return status;
	if (c->run == cmd_help || c->run == cmd_completion || c->run == cmd_version)
		return c->run(app);	/* they need no settings */
	if ((status = app_init(app)) == 0)
		status = c->run(app);
	return status;
}

int
run_command(struct app *app, int status)
{
	return finish(app, status != 0 ? status : run(app));
}
