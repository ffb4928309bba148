/*
 * session_complete.c - what a word may become, by the tables and by what the daemon has.
 *
 * What the daemon said is kept for a second: pressing TAB twice asks once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "num.h"
#include "session.h"

#define IDS_MAX 20		/* of each length that are asked for */
#define KEPT_S 1

static void
put(struct candidates *out, const char *s, const char *word)
{
	size_t room = out->room > 0 ? 2 * out->room : 64;
	char **words;

	if (strncmp(s, word, strlen(word)) != 0)
		return;
	if (out->n == out->room) {
		if ((words = realloc(out->words, room * sizeof(*words))) == NULL)
			return;
		out->words = words;
		out->room = room;
	}
	if ((out->words[out->n] = strdup(s)) != NULL)
		out->n++;
}

/* --- what the daemon has ---------------------------------------------------------------------- */

/* The answer to the last question, and until when it counts; one question at a time is enough. */
static struct {
	char question[256];
	json_t *words;		/* array of strings */
	time_t until;
} kept;

static time_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
ask_collections(struct session *s, json_t *words)
{
	struct client_reply r;
	json_t *collection;
	size_t i;

	if (session_ask(s, "collection_list", json_object(), &r) != 0)
		return;
	json_array_foreach(json_object_get(r.result, "collections"), i, collection) {
		json_array_append(words, json_object_get(collection, "name"));
	}
	client_reply_fini(&r);
}

/* Ids from `least` to `most`, the first of them. */
static void
ask_range(struct session *s, uint64_t least, uint64_t most, json_t *words)
{
	json_t *args = app_args(s->app), *item;
	struct client_reply r;
	char text[24];
	size_t i;

	if (args != NULL && least > 0)
		json_object_set_new(args, "after", json_integer((json_int_t)least - 1));
	if (args != NULL)
		json_object_set_new(args, "limit", json_integer(IDS_MAX));
	if (session_ask(s, "list", args, &r) != 0)
		return;
	json_array_foreach(json_object_get(r.result, "items"), i, item) {
		json_int_t id = json_integer_value(json_object_get(item, "id"));
		if ((uint64_t)id > most)
			break;
		snprintf(text, sizeof(text), "%lld", (long long)id);
		json_array_append_new(words, json_string(text));
	}
	client_reply_fini(&r);
}

/* The ids that begin with these digits: the number itself, and those one and two digits longer. */
static void
ask_ids(struct session *s, const char *word, json_t *words)
{
	uint64_t least, most;

	if (*word == '\0') {
		ask_range(s, 0, INT64_MAX, words);
	} else if (num_parse(word, 0, 1000000000000000, &least)) {
		most = least;
		for (int i = 0; i < 3 && (i == 0 || least > 0); i++) {
			ask_range(s, least, most, words);
			least *= 10;
			most = most * 10 + 9;
		}
	}
}

static void
put_asked(struct session *s, bool ids, const char *word, struct candidates *out)
{
	const char *collection = app_collection(s->app);
	char question[sizeof(kept.question)];
	json_t *found;
	size_t i;

	snprintf(question, sizeof(question), "%d %s %s %s", ids, s->user,
	    collection != NULL ? collection : "", ids ? word : "");
	if (kept.words == NULL || strcmp(question, kept.question) != 0 || now() > kept.until) {
		json_decref(kept.words);
		if ((kept.words = json_array()) == NULL)
			return;
		if (ids)
			ask_ids(s, word, kept.words);
		else
			ask_collections(s, kept.words);
		snprintf(kept.question, sizeof(kept.question), "%s", question);
		kept.until = now() + KEPT_S;
	}
	json_array_foreach(kept.words, i, found) {
		put(out, json_string_value(found), word);
	}
}

void
session_forget_words(void)
{
	json_decref(kept.words);
	kept.words = NULL;
}

/* --- what the tables have --------------------------------------------------------------------- */

/* First words of commands, or (of a group) the second ones. */
static void
put_commands(const char *group, const char *word, struct candidates *out)
{
	size_t n = strlen(group);
	char name[40];

	for (size_t i = 0; i < ncommands; i++) {
		const char *c = commands[i].name;
		if (n > 0 && (strncmp(c, group, n) != 0 || c[n] != ' '))
			continue;
		c += n > 0 ? n + 1 : 0;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(c, " "), c);
		if (out->n == 0 || strcmp(out->words[out->n - 1], name) != 0)
			put(out, name, word);
	}
}

static void
put_options(const struct command *c, const char *word, struct candidates *out)
{
	char name[40];

	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++) {
		snprintf(name, sizeof(name), "--%s", option_get((enum opt)o)->name);
		put(out, name, word);
	}
	for (size_t i = 0; c != NULL && c->options[i] != OPT_END; i++) {
		snprintf(name, sizeof(name), "--%s", option_get(c->options[i])->name);
		put(out, name, word);
	}
}

static void
put_value(struct session *s, enum opt o, const char *word, struct candidates *out)
{
	const char *const *v = option_values(option_get(o)->kind);

	if (o == OPT_COLLECTION)
		put_asked(s, false, word, out);
	out->files = option_get(o)->kind == KIND_FILE;
	for (; v != NULL && *v != NULL; v++)
		put(out, *v, word);
}

static void
put_word(struct session *s, const struct command *c, const char *word, struct candidates *out)
{
	static int (*const by_id[])(struct app *) = { cmd_similarity, cmd_get, cmd_update,
		cmd_delete, cmd_distance };
	static const char *const shells[] = { "bash", "zsh", "fish" };

	for (size_t i = 0; i < sizeof(by_id) / sizeof(by_id[0]); i++)
		if (c->run == by_id[i])
			put_asked(s, true, word, out);
	if (c->run == cmd_collection_show || c->run == cmd_collection_drop)
		put_asked(s, false, word, out);
	if (c->run == cmd_help)
		put_commands("", word, out);
	for (size_t i = 0; c->run == cmd_completion && i < 3; i++)
		put(out, shells[i], word);
	out->files = command_takes_file(c);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void
complete_command(struct session *s, struct words *w, const char *word, struct candidates *out)
{
	const char *last = w->n > 0 ? w->v[w->n - 1] : "";
	char **argv = num_alloc((size_t)w->n + 2, 2 * sizeof(*argv));
	static char name[] = "coolvec";
	struct args args;
	struct err err;
	enum opt o;

	if (argv == NULL)
		return;
	argv[0] = name;
	memcpy(argv + 1, w->v, ((size_t)w->n + 1) * sizeof(*argv));
	args_parse(w->n + 1, argv, argv + w->n + 2, &args, &err);
	if ((o = args_option(args.command, last)) != OPT_END && option_get(o)->arg != NULL) {
		put_value(s, o, word, out);
	} else if (*word == '-') {
		put_options(args.command, word, out);
	} else if (args.command != NULL) {
		s->app->args.given[OPT_COLLECTION] = args.given[OPT_COLLECTION];
		s->app->args.value[OPT_COLLECTION] = args.value[OPT_COLLECTION];
		put_word(s, args.command, word, out);
	} else if (command_is_group(last)) {
		put_commands(last, word, out);
	} else {
		put_commands("", word, out);
	}
	free(argv);
}

static void
complete_meta(struct session *s, enum meta_word kind, const char *word, struct candidates *out)
{
	switch (kind) {
	case META_COLLECTION:
		put_asked(s, false, word, out);
		break;
	case META_COMMAND:
		put_commands("", word, out);
		break;
	case META_FILE:
		out->files = true;
		break;
	case META_NOTHING:
		break;
	}
}

void
session_complete(void *arg, const char *before, const char *word, struct candidates *out)
{
	struct session *s = arg;
	enum meta_word kind = META_NOTHING;
	struct err err;
	struct words w;
	bool backslash;

	while (*before == ' ' || *before == '\t')
		before++;
	backslash = *before == '\\';
	words_split(before + backslash, &w, &err);
	s->app->args = s->base;
	if (w.v == NULL)
		return;
	if (w.n == 0 && *word == '\\') {
		for (size_t i = 0; session_meta_name(i) != NULL; i++)
			put(out, session_meta_name(i), word);
	} else if (w.n > 0 && session_meta_word(w.v[0], backslash, &kind)) {
		complete_meta(s, w.n == 1 ? kind : META_NOTHING, word, out);
	} else if (!backslash) {
		complete_command(s, &w, word, out);
		if (w.n == 0) {
			put(out, "use", word);
			put(out, "quit", word);
		}
	}
	words_fini(&w);
	s->app->args = s->base;
}
