/*
 * repl.c - the prompt: lines from a person, a file or an argument.
 *
 * For a person every line is tried, and Ctrl-C ends the line or the command but not the prompt.
 * Lines of a file or an argument end at the first that fails, with its status.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"
#include "say.h"
#include "session.h"
#include "state.h"

/* --- lines that are there already ------------------------------------------------------------- */

static int
run_stream(struct session *s, FILE *from)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int status = 0;

	while (status == 0 && !s->ended && (n = getline(&line, &room, from)) >= 0) {
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		status = session_run(s, line);
	}
	free(line);
	return status;
}

int
session_run_file(struct session *s, const char *file)
{
	FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	int status;

	if (from == NULL) {
		say_error("cannot open %s: %s", file, strerror(errno));
		return EXIT_USAGE;
	}
	if (s->depth == SESSION_DEPTH) {
		say_error("%s: files are more than %d deep in each other", file, SESSION_DEPTH);
		status = EXIT_USAGE;
	} else {
		s->depth++;
		status = run_stream(s, from);
		s->depth--;
	}
	if (from != stdin)
		fclose(from);
	return status;
}

int
session_run_text(struct session *s, const char *text)
{
	char *copy = strdup(text), *next = copy, *line;
	int status = 0;

	if (copy == NULL)
		return app_no_memory();
	while (status == 0 && !s->ended && (line = strsep(&next, "\n")) != NULL)
		status = session_run(s, line);
	free(copy);
	return status;
}

/* --- lines that are typed --------------------------------------------------------------------- */

static void
open_line(struct session *s)
{
	char path[PATH_MAX];
	struct err err = { 0 };

	if (state_path("history", path, sizeof(path), &err) == 0 &&
	    state_make_folder(path, &err) == 0)
		line_open(path, session_complete, s);
	else
		line_open(NULL, session_complete, s);
}

static void
talk(struct session *s, int interrupt)
{
	char prompt[256];
	char *line = NULL;
	enum line_rc rc;

	while (!s->ended) {
		interrupt_clear();
		session_prompt(s, prompt, sizeof(prompt));
		if ((rc = line_read(prompt, interrupt, &line)) == LINE_END)
			break;
		if (rc == LINE_INTERRUPTED)
			continue;
		if (session_may_keep(line))
			line_keep(line);
		session_run(s, line);
		free(line);
	}
}

static int
converse(struct session *s)
{
	int interrupt = interrupt_session();

	s->interactive = true;
	say_note(s->app->quiet, "\\? tells what can be typed, Ctrl-D leaves");
	open_line(s);
	talk(s, interrupt);
	line_close();
	session_forget_words();
	return 0;
}

int
cmd_repl(struct app *app)
{
	const char *text = app_value(app, OPT_EXECUTE), *file = app_value(app, OPT_FILE);
	const char *collection = app_value(app, OPT_COLLECTION);
	struct session s;
	int status;

	if (text != NULL && file != NULL)
		return app_usage(app, "either --execute or --file");
	if (collection != NULL && (app->collection = strdup(collection)) == NULL)
		return app_no_memory();
	session_init(&s, app);
	if (text != NULL)
		status = session_run_text(&s, text);
	else if (file != NULL)
		status = session_run_file(&s, file);
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		status = converse(&s);
	else
		status = session_run_file(&s, "-");
	session_fini(&s);
	return status;
}
