/*
 * session_meta.c - the commands of the prompt itself: those with a backslash, and `use`.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "help.h"
#include "interrupt.h"
#include "num.h"
#include "say.h"
#include "session.h"

#define WATCH_MS 2000

struct meta {
	const char *name;	/* as it is typed */
	const char *other;	/* NULL: none */
	const char *words;
	const char *summary;
	int most;		/* words */
	enum meta_word kind;	/* of the first */
	int (*run)(struct session *s, const struct words *w);
};

static const struct meta *row(size_t i);

/* --- what they do ----------------------------------------------------------------------------- */

static int
meta_help(struct session *s, const struct words *w)
{
	(void)s;
	(void)w;
	for (size_t i = 0; row(i) != NULL; i++) {
		char name[40];
		snprintf(name, sizeof(name), "%s %s", row(i)->name, row(i)->words);
		printf("  %-22s %s\n", name, row(i)->summary);
	}
	printf("  %-22s %s\n", "COMMAND", "any command; \\h lists them");
	fflush(stdout);
	return 0;
}

static int
meta_commands(struct session *s, const struct words *w)
{
	char line[128];

	snprintf(line, sizeof(line), "help %s %s",
	    w->n > 1 ? w->v[1] : "", w->n > 2 ? w->v[2] : "");
	return session_run(s, line);
}

static int
meta_quit(struct session *s, const struct words *w)
{
	(void)w;
	s->ended = true;
	return 0;
}

static int
toggle(bool *what, const char *name)
{
	*what = !*what;
	fprintf(stderr, "%s is %s\n", name, *what ? "on" : "off");
	return 0;
}

static int
meta_timing(struct session *s, const struct words *w)
{
	(void)w;
	return toggle(&s->timing, "timing");
}

static int
meta_expanded(struct session *s, const struct words *w)
{
	(void)w;
	return toggle(&s->expanded, "expanded display");
}

static int
meta_output(struct session *s, const struct words *w)
{
	int fd = -1;

	if (w->n > 1 && (fd = open(w->v[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
		say_error("cannot open %s: %s", w->v[1], strerror(errno));
		return EXIT_FAILED;
	}
	if (s->output >= 0)
		close(s->output);
	s->output = fd;
	return 0;
}

static int
meta_include(struct session *s, const struct words *w)
{
	if (w->n < 2) {
		say_error("\\i needs a file");
		return EXIT_USAGE;
	}
	return session_run_file(s, w->v[1]);
}

/* A collection that is not there is said at once, and not by the next command. */
static int
meta_collection(struct session *s, const struct words *w)
{
	struct client_reply r = { 0 };
	char *name;
	int rc;

	if (w->n < 2) {
		free(s->app->collection);
		s->app->collection = NULL;
		return 0;
	}
	if ((rc = app_open(s->app, APP_TOKEN)) != 0 ||
	    (rc = app_call(s->app, "collection_show", json_pack("{s:s}", "name", w->v[1]), &r)) !=
		0)
		return rc;
	client_reply_fini(&r);
	if ((name = strdup(w->v[1])) == NULL)
		return app_no_memory();
	free(s->app->collection);
	s->app->collection = name;
	return 0;
}

/* Wait; false when Ctrl-C came. */
static bool
rest(uint64_t ms)
{
	struct pollfd p = { .fd = interrupt_session_fd(), .events = POLLIN };
	struct timespec nap = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	if (p.fd < 0)
		return nanosleep(&nap, NULL) == 0;
	return poll(&p, 1, (int)ms) == 0;
}

static int
meta_watch(struct session *s, const struct words *w)
{
	uint64_t seconds, ms = WATCH_MS;
	char when[40];
	time_t t;
	struct tm tm;
	int status;

	if (w->n > 1 && !num_parse(w->v[1], 1, 86400, &seconds)) {
		say_error("\\watch takes seconds from 1 to 86400, not \"%s\"", w->v[1]);
		return EXIT_USAGE;
	}
	if (s->last == NULL) {
		say_error("there is no command to repeat yet");
		return EXIT_USAGE;
	}
	if (w->n > 1)
		ms = seconds * 1000;
	do {
		t = time(NULL);
		strftime(when, sizeof(when), "%F %T", localtime_r(&t, &tm));
		fprintf(stderr, "%s, every %llu s: %s\n", when,
		    (unsigned long long)ms / 1000, s->last);
		status = session_run(s, s->last);
	} while (status == 0 && rest(ms));
	return status;
}

/* The shell has the line as it was typed, and Ctrl-C. */
int
session_shell(const char *command)
{
	const char *shell = getenv("SHELL");
	int status;

	while (*command == ' ' || *command == '\t')
		command++;
	if (*command == '\0')
		command = shell != NULL && *shell != '\0' ? shell : "/bin/sh";
	fflush(stdout);
	/* the shell is what was asked for */
	status = system(command); /* NOLINT(cert-env33-c,bugprone-command-processor) */
	if (status == -1) {
		say_error("cannot run a shell: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EXIT_FAILED;
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct meta table[] = {
	{ "\\?", NULL, "", "this list", 0, META_NOTHING, meta_help },
	{ "\\h", NULL, "[COMMAND]", "explain the commands", 2, META_COMMAND, meta_commands },
	{ "\\c", "use", "[COLLECTION]", "go to a collection; the preferred one. Also: use", 1,
	    META_COLLECTION, meta_collection },
	{ "\\i", NULL, "FILE", "run the lines of a file, up to the first that fails", 1, META_FILE,
	    meta_include },
	{ "\\o", NULL, "[FILE]", "results go to a file; to the terminal again", 1, META_FILE,
	    meta_output },
	{ "\\timing", NULL, "", "show how long commands take, or no longer", 0, META_NOTHING,
	    meta_timing },
	{ "\\watch", NULL, "[SECONDS]", "repeat the last command (2), until Ctrl-C", 1,
	    META_NOTHING, meta_watch },
	{ "\\x", NULL, "", "a line for each column, or tables again", 0, META_NOTHING,
	    meta_expanded },
	{ "\\!", NULL, "[COMMAND]", "a command of the shell", 0, META_NOTHING, NULL },
	{ "\\q", "quit", "", "leave. Also: quit, exit, Ctrl-D", 0, META_NOTHING, meta_quit },
};

static const struct meta *
row(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

/* By what follows the backslash, or (without one) by its other name. */
static const struct meta *
find(const char *name, bool backslash)
{
	const struct meta *m;

	if (!backslash && strcmp(name, "exit") == 0)
		name = "quit";
	for (size_t i = 0; (m = row(i)) != NULL; i++)
		if (backslash ? strcmp(m->name + 1, name) == 0 :
		    m->other != NULL && strcmp(m->other, name) == 0)
			return m;
	return NULL;
}

bool
session_meta(struct session *s, const struct words *w, bool backslash, int *status)
{
	const char *name = w->n > 0 ? w->v[0] : "";
	const struct meta *m = find(name, backslash);

	if (m == NULL && !backslash)
		return false;
	if (m == NULL) {
		say_error("there is no \\%s; \\? lists what there is", name);
		*status = EXIT_USAGE;
	} else if (w->n - 1 > m->most) {
		say_error("usage: %s %s", m->name, m->words);
		*status = EXIT_USAGE;
	} else {
		*status = m->run(s, w);
	}
	return true;
}

const char *
session_meta_name(size_t i)
{
	return row(i) != NULL ? row(i)->name : NULL;
}

bool
session_meta_word(const char *name, bool backslash, enum meta_word *word)
{
	const struct meta *m = find(name, backslash);

	if (m != NULL)
		*word = m->kind;
	return m != NULL;
}
