/*
 * main.c - from argv to a command's exit status.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "help.h"
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
	if (c == NULL) {
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

/*
 * A standard descriptor that is closed would become the socket, and results would go there.  It is
 * opened the wrong way round, so that using it is an error as it was.
 */
static void
open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

int
main(
int argc, char **argv)
{
	struct app app = { 0 };
	struct err err = { 0 };
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	int status;

	open_standard();
	if (words == NULL)
		return app_no_memory();
	status = args_parse(argc, argv, words, &app.args, &err);
	out_init(&app.out, app_given(&app, OPT_JSON));
	if (status != 0)
		status = app_usage(&app, "%s", err.text);
	else
		status = run(&app);
	status = finish(&app, status);
	app_fini(&app);
	free(words);
	return status;
}
