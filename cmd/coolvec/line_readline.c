/*
 * line_readline.c - lines by GNU readline; the only file that knows it.
 *
 * readline's callbacks are used and not its loop, so that Ctrl-C is one more descriptor to wait for
 * and no handler has to jump out of the library.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "interrupt.h"
#include "line.h"

static struct {
	void (*complete)(void *arg, const char *before, const char *word, struct candidates *out);
	void *arg;
	char *history;		/* NULL: nothing is remembered */
	struct candidates found;
	size_t given;		/* of them, to readline */
	char *line;		/* NULL at the end */
	bool done;
} state;

/* --- completion ------------------------------------------------------------------------------- */

static void
forget_candidates(void)
{
	for (size_t i = 0; i < state.found.n; i++)
		free(state.found.words[i]);
	free(state.found.words);
	state.found = (struct candidates){ 0 };
	state.given = 0;
}

/* The next candidate; readline frees it. */
static char *
next_candidate(const char *word, int first)
{
	(void)word;
	if (first == 0)
		state.given = 0;
	return state.given < state.found.n ? strdup(state.found.words[state.given++]) : NULL;
}

static char **
attempt(const char *word, int start, int end)
{
	char *before = strndup(rl_line_buffer, (size_t)start);
	char **matches = NULL;

	(void)end;
	forget_candidates();
	if (before == NULL)
		return NULL;
	state.complete(state.arg, before, word, &state.found);
	free(before);
	rl_attempted_completion_over = !state.found.files;
	rl_filename_completion_desired = 0;
	if (!state.found.files)
		matches = rl_completion_matches(word, next_candidate);
	return matches;
}

/* Whether the character at `at` is behind a backslash. */
static int
is_quoted(char *line, int at)
{
	int n = 0;

	while (at > 0 && line[--at] == '\\')
		n++;
	return n % 2;
}

/* --- history ---------------------------------------------------------------------------------- */

/* The file as it should be: ours alone. */
static bool
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && fchmod(fd, 0600) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

void
line_keep(const char *line)
{
	const HIST_ENTRY *last = history_length > 0 ?
	    history_get(history_base + history_length - 1) : NULL;

	if (last != NULL && strcmp(last->line, line) == 0)
		return;
	add_history(line);
	if (state.history != NULL && make_file(state.history))
		append_history(1, state.history);
}

/* --- lines ------------------------------------------------------------------------------------ */

void
line_open(const char *history,
    void (*complete)(void *arg, const char *before, const char *word, struct candidates *out),
    void *arg)
{
	static char breaks[] = " \t\n\"'", quotes[] = "\"'", odd[] = " \t\"'\\";

	state.complete = complete;
	state.arg = arg;
	rl_readline_name = "coolvec";
	rl_instream = stdin;
	rl_outstream = stdout;
	rl_persistent_signal_handlers = 1;	/* also while we wait, and not readline */
	rl_attempted_completion_function = attempt;
	rl_completer_word_break_characters = breaks;
	rl_completer_quote_characters = quotes;
	rl_filename_quote_characters = odd;
	rl_char_is_quoted_p = is_quoted;
	stifle_history(LINE_HISTORY);
	if (history == NULL || !make_file(history))
		return;
	read_history(history);
	state.history = strdup(history);
}

void
line_close(void)
{
	if (state.history != NULL)
		history_truncate_file(state.history, LINE_HISTORY);
	forget_candidates();
	clear_history();
	free(state.history);
	state.history = NULL;
}

static void
take(char *line)
{
	rl_callback_handler_remove();
	state.line = line;
	state.done = true;
}

enum line_rc
line_read(const char *prompt, int interrupt, char **line)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = interrupt, .events = POLLIN } };
	int n;

	state.done = false;
	rl_reset_screen_size();
	rl_callback_handler_install(prompt, take);
	while (!state.done) {
		n = poll(p, 2, -1);
		if (rl_pending_signal() != 0)
			rl_check_signals();
		if (n > 0 && p[1].revents != 0) {
			rl_free_line_state();
			rl_replace_line("", 0);
			rl_callback_sigcleanup();
			rl_callback_handler_remove();
			putchar('\n');
			fflush(stdout);
			return LINE_INTERRUPTED;
		}
		if (n > 0 && p[0].revents != 0)
			rl_callback_read_char();
	}
	if ((*line = state.line) != NULL)
		return LINE_READ;
	/* switching bracketed paste off at the end, readline has ended the line too */
	if (strcmp(rl_variable_value("enable-bracketed-paste"), "on") != 0)
		putchar('\n');
	return LINE_END;
}
